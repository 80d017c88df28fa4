// Regression by a Gaussian process: what scores to expect where none is known, and how surely.
// Rasmussen, Williams: "Gaussian processes for machine learning", 2006, chapters 2, 4 and 5.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

namespace manygpcm::search {

/// Logarithms, as they are fitted.
struct GpHyperparameters {
    Eigen::VectorXd log_length;  ///< [dimensions] one length scale an axis (ARD)
    double log_signal = 0;       ///< variance of the function
    double log_noise = 0;        ///< variance of what is added to it

    Eigen::VectorXd flat() const;  ///< in the order above
    static GpHyperparameters of_flat(const Eigen::VectorXd& flat);
};

/// Observations. Values y should be standardised.
struct GpData {
    Eigen::MatrixXd x;              ///< [n, dimensions]
    std::vector<bool> categorical;  ///< [dimensions]: values are equal or not, nothing between
    Eigen::VectorXd y;              ///< [n]
};

/// Logarithm of marginal likelihood times prior, up to a constant, and its gradient by flat()
/// where `gradient` isn't null. The priors are normal for every logarithm: length scales grow with
/// the root of the number of dimensions, as distances do (Hvarfner et al.: "Vanilla Bayesian
/// optimization performs great in high dimensions", ICML 2024).
double gp_log_posterior(const GpData& data, const GpHyperparameters& hyperparameters,
                        Eigen::VectorXd* gradient);

/// The hyperparameters where gp_log_posterior() is largest, as far as a climb from the priors'
/// means finds it.
GpHyperparameters fit_gp(const GpData& data);

/// Matern 5/2 covariance with the given hyperparameters, and a constant mean of any value
/// (Rasmussen, Williams, section 2.7). The mean of the scores seen would not do: a search sees more
/// and more of the good ones, and would take all that it hasn't seen for nearly as good.
class GaussianProcess {
  public:
    /// Where rounding leaves a covariance that can't be factorized, with more noise.
    /// @throws std::domain_error for observations that aren't finite
    GaussianProcess(GpData data, GpHyperparameters hyperparameters);

    struct Prediction {
        double mean, variance;  ///< of the function, without the noise
    };
    Prediction predict(const Eigen::VectorXd& x) const;
    double mean(const Eigen::VectorXd& x) const;  ///< of the prediction: much less work

    /// The same process, having seen one more observation: work in proportion to the square of
    /// their number.
    void add(const Eigen::VectorXd& x, double y);

    /// Having seen at x, which is being tried, what is predicted less half its deviation. What is
    /// predicted (kriging believer) would take the doubt away and leave the promise; the least of
    /// all scores (constant liar) keeps away for longer than need be (both: Ginsbourger et al.:
    /// "Kriging is well-suited to parallelize optimization", 2010).
    void believe(const Eigen::VectorXd& x);

  private:
    void factorize();
    void weigh();
    Eigen::VectorXd covariances(const Eigen::VectorXd& x) const;

    GpData data_;
    GpHyperparameters hyperparameters_;
    Eigen::VectorXd inverse_length_;
    double signal_, noise_;
    Eigen::MatrixXd factor_;   // Cholesky's, of the covariance with the noise: its lower triangle
    Eigen::VectorXd weights_;  // covariance^-1 y
};

}  // namespace manygpcm::search
