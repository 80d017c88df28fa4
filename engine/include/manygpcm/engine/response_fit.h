// How responses fit what was predicted of them, question by question and learner by learner: mean
// squares of residuals, and likelihoods beside those that were to be expected. The predictions may
// be anybody's. Where each was made before its response, from the responses before, all sums are of
// martingale differences, so that what is expected of them holds without knowing any ability.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace manygpcm {

/// One response x beside its predicted distribution p.
struct ResponseFit {
    double residual = 0;         ///< x - E, E = sum_k k p_k
    double variance = 0;         ///< W = sum_k (k - E)^2 p_k; at least 1e-6
    double fourth = 0;           ///< C = sum_k (k - E)^4 p_k; at least W^2
    double log_likelihood = 0;   ///< log p_x
    double expected_log = 0;     ///< sum_k p_k log p_k
    double variance_of_log = 0;  ///< sum_k p_k (log p_k)^2 less the square of expected_log
};

/// @param probabilities [K]
ResponseFit response_fit(std::span<const float> probabilities, int response);

/// Mean squares of a question (Wright and Masters 1982), 1 where responses scatter as predicted.
struct ItemFit {
    double outfit = 0, infit = 0;  ///< NaN without responses
    /// About N(0, 1) where the predictions are right; NaN where too little was open, as of very few
    /// answers or of a question that all but everybody answers alike.
    double z_outfit = 0, z_infit = 0;
};

/// Sums over the responses to a question, of which fit() is made.
class ItemFitSums {
  public:
    void add(const ResponseFit& of);
    /// outfit = sum z^2 / n with z^2 = (x - E)^2 / W; infit = sum (x - E)^2 / sum W. Their
    /// variances are sum (C / W^2 - 1) / n^2 and sum (C - W^2) / (sum W)^2, by whose root q the
    /// mean square M becomes (M^(1/3) - 1) 3 / q + q / 3 (Wilson and Hilferty 1931), where 2 / q^2
    /// is at least 25.
    ItemFit fit() const;
    std::int64_t responses() const { return n_; }

  private:
    std::int64_t n_ = 0;
    double squares_ = 0, standardized_ = 0, variance_ = 0, excess_ = 0, standardized_excess_ = 0;
};

/// Sums of a learner's responses.
class PersonFitSums {
  public:
    void add(const ResponseFit& of);
    /// l_z = (sum log p_x - sum E[log p]) / sqrt(sum Var[log p]) (Drasgow, Levine and Williams
    /// 1985): far below 0 where responses are less likely than the predictions expect. NaN where
    /// nothing was open.
    double lz() const;
    std::int64_t responses() const { return n_; }

  private:
    std::int64_t n_ = 0;
    double difference_ = 0, variance_ = 0;
};

}  // namespace manygpcm
