// A Deep-GPCM model as data: its configuration and its weights by name, and what it predicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/stop.h"

namespace manygpcm {

struct ClassicalGpcm;

/// What fixes the shapes and meaning of a model's weights.
struct ModelConfig {
    Hyperparameters hyperparameters;
    int n_questions = 0;
    int n_categories = 0;
};

/// What a weight starts as: 0, 1, Kaiming normal (He et al. 2015), Xavier uniform, N(0, 1), N(0,
/// 0.01); or slopes [Q], steps [Q, K-1] and both [Q, K] of a classical GPCM that is fitted to the
/// training learners (1 and 0 where none is given), or such as know of no fit; or what
/// record_ascending() makes the nearest ascending steps of.
enum class InitialValues {
    zeros,
    ones,
    kaiming_normal,
    xavier_uniform,
    normal,
    small_normal,
    fitted_slope,
    fitted_step,
    fitted_item,
    ordered_fitted_item,
    plain_item,
};

/// One named weight in the flat parameter vector.
struct ParameterTensor {
    std::string name;
    std::vector<int> shape;  ///< row-major, [out, in]
    InitialValues initial = InitialValues::zeros;
    bool trained = true;     ///< else it stays as it starts
    std::size_t offset = 0;  ///< elements from the start of the flat vector, a multiple of 16
    std::size_t size() const;
};

/// The weights of a model as recording it declares them, each aligned to 64 bytes in one flat
/// vector. Those of the first models lie in the order of their release, others in that of
/// recording.
class ParameterLayout {
  public:
    explicit ParameterLayout(const ModelConfig& config);
    const std::vector<ParameterTensor>& tensors() const& { return tensors_; }
    const std::vector<ParameterTensor>& tensors() const&& = delete;  // they go with the layout
    std::size_t size() const { return size_; }  ///< elements of the flat vector, padding included
    /// Elements at its start that are trained; the rest isn't.
    std::size_t trained_size() const { return trained_size_; }
    /// Whether any weight starts as a classical GPCM's.
    bool starts_fitted() const;
    const ParameterTensor& find(const std::string& name) const&;  ///< @throws std::out_of_range
    const ParameterTensor& find(const std::string& name) const&& = delete;
    bool contains(const std::string& name) const;

  private:
    std::vector<ParameterTensor> tensors_;
    std::size_t size_ = 0, trained_size_ = 0;
};

struct Model {
    ModelConfig config;
    std::vector<float> parameters;          ///< flat, as ParameterLayout(config) says; padding is 0
    std::vector<std::string> question_ids;  ///< empty where questions are numbers
    std::vector<double>
        mean_alpha;  ///< [Q] discrimination averaged over the training responses; NaN: never seen
    std::vector<std::int64_t>
        category_counts;  ///< [Q x K] training responses; empty: unknown, as in files of old
    /// [K-1] of the training responses, which decide for a category (cut_points.h); empty: unknown,
    /// as in files of old.
    std::vector<double> cut_points = {};
    /// Standard errors of discriminations [Q] and thresholds [Q x (K-1)], NaN where nothing tells;
    /// empty where the model has none.
    std::vector<double> alpha_error = {}, threshold_error = {};
};

/// Padding is 0.
/// @param fitted what weights start as that start fitted; may be null
std::vector<float> initial_parameters(const ModelConfig& config, std::uint64_t seed, int trial,
                                      int fold, const ClassicalGpcm* fitted = nullptr);

/// What a model says of every step of some learners, in their order: steps laid end to end.
struct Predictions {
    int n_categories = 0;
    std::vector<std::int32_t> offsets;  ///< [learners + 1]
    std::vector<float> probabilities;   ///< [steps x K]
    std::vector<float> theta, alpha;    ///< [steps] ability, discrimination
    /// [steps] standard deviation of ability; empty where the model has none.
    std::vector<float> theta_deviation = {};
    std::vector<float> beta;  ///< [steps x (K-1)] thresholds
};

/// Runs the forward pass alone. `which` are numbers in `learners`; question and category ids must
/// fit the model. A learner may have fewer responses than questions: each of the questions beyond
/// is predicted as the next one after the responses. @throws Interrupted where `stop` is set
Predictions predict(const Model& model, Learners learners, std::span<const int> which,
                    StopFlag stop = nullptr);

/// Thresholds of every question, [Q x (K-1)]: they depend on the question alone.
/// @throws Interrupted where `stop` is set
std::vector<float> item_thresholds(const Model& model, StopFlag stop = nullptr);

/// Writes tensors by name as float32 with the configuration in the metadata (safetensors format).
void save_model(const Model& model, const std::filesystem::path& file);

/// Hyperparameters that the file doesn't name and the model doesn't need have their defaults.
/// @throws InputError for a file that is truncated, damaged, not safetensors, or whose tensors
/// don't fit its configuration or hold what isn't finite.
Model load_model(const std::filesystem::path& file);

}  // namespace manygpcm
