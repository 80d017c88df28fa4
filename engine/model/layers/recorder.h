// What a model is recorded with. A layer adds its parameters (name, shape, what they start as) and
// records its operation on a tape in one call, so that a shape stands once: ParameterLayout is what
// recording has declared.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "manygpcm/engine/model.h"
#include "model/operations.h"
#include "model/tape.h"

namespace manygpcm {

/// A linear map, or those columns of one that see a part of its input.
struct LinearMap {
    LinearWeights weights;
    int in = 0, out = 0;
    int row_stride = 0;  ///< columns of the whole map
};

class Recorder {
  public:
    /// @param layout where the parameters lie; null while it is being found out
    Recorder(Tape& tape, const ModelConfig& config, const ParameterLayout* layout);

    Tape& tape() const { return *tape_; }
    /// What the model declares that it uses; everything else at its default, for replicas of a
    /// cohort differ in it.
    const Hyperparameters& sizes() const { return sizes_; }
    int n_questions() const { return n_questions_; }
    int n_categories() const { return n_categories_; }

    // Parameters alone. @throws std::logic_error for a name that was declared before
    Weight parameter(const std::string& name, const std::vector<int>& shape, InitialValues initial,
                     bool trained = true);
    /// `name`.weight [out, in] and `name`.bias [out], which starts as zeros.
    LinearMap linear_map(const std::string& name, int in, int out,
                         InitialValues initial = InitialValues::kaiming_normal);
    /// One without a bias.
    LinearMap unbiased_map(const std::string& name, int in, int out,
                           InitialValues initial = InitialValues::kaiming_normal);
    /// One map of two inputs side by side, [first ; second], as the sum of two: the second has the
    /// bias.
    std::array<LinearMap, 2> split_linear_map(const std::string& name, std::array<int, 2> in,
                                              int out);

    // Parameters and operation in one; an input's width is that of its tensor.
    Tensor linear(const std::string& name, Tensor x, int out,
                  kernels::Activation activation = kernels::Activation::identity);
    Tensor linear(const LinearMap& map, Tensor x,
                  kernels::Activation activation = kernels::Activation::identity,
                  const Addend& addend = {});
    /// addend + `name`.weight x, a row for each of x.
    Tensor added(const std::string& name, Tensor x, int out, InitialValues initial,
                 const Addend& addend,
                 kernels::Activation activation = kernels::Activation::identity);
    /// outer(inner(x)) as one map.
    LinearMap composed(const LinearMap& outer, const LinearMap& inner);
    Tensor layer_norm(const std::string& name, Tensor x, bool relu);
    /// A vector a distinct question.
    Tensor question_embedding(const std::string& name, int width,
                              InitialValues initial = InitialValues::kaiming_normal);
    /// A vector a distinct pair of question and response, with linear decay around the response.
    Tensor linear_decay(const std::string& name, int width,
                        InitialValues initial = InitialValues::kaiming_normal);
    /// A vector a category.
    Tensor response_embedding(const std::string& name, int width);
    Tensor dropout(Tensor x);

    /// In the order of recording; their offsets are 0.
    const std::vector<ParameterTensor>& declared() const { return declared_; }

  private:
    Tape* tape_;
    Hyperparameters sizes_;
    int n_questions_, n_categories_;
    const ParameterLayout* layout_;
    std::vector<ParameterTensor> declared_;
};

}  // namespace manygpcm
