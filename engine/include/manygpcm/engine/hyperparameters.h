// Everything that is chosen before training, as data: names, defaults, ranges. The search space,
// `--set`, model files and reports all use these names.
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace manygpcm {

/// A model of the table in engine/model/models.cpp, by its number there; the first where none is
/// named.
class ModelKind {
  public:
    constexpr ModelKind() = default;
    explicit constexpr ModelKind(int number) : number_(number) {}
    explicit constexpr operator int() const { return number_; }
    auto operator<=>(const ModelKind&) const = default;

  private:
    int number_ = 0;
};

enum class AttentionKind { causal, bidirectional };
enum class ThresholdLink { identity, tanh };
enum class Optimizer { adam, adamw };
/// What is assumed of an item before its responses are seen.
enum class ItemPrior {
    /// Nothing: maximum likelihood. Where that has no maximum, as for a category that nobody chose,
    /// a normal of standard deviation 100 on slope and steps keeps parameters finite.
    none,
    /// Normal: slopes N(0, 2), steps N(0, 5) (standard deviations). For predicting: questions with
    /// few responses stay near what others are.
    weak,
};

/// What a deep model reads ability from.
enum class AbilityFrom { state, state_and_question };
enum class LrSchedule { constant, cosine };
enum class Core { gru, memory, none };
enum class Switch { off, on };
/// Where a deep model takes in what the learner has done with the asked question.
enum class History { off, input, head, both };

/// "deep_gpcm", "attn_gpcm_learn" or another of the table. @throws InputError for another name.
ModelKind parse_model(std::string_view name);
/// Its name in the table.
std::string_view to_string(ModelKind model);

/// Names as in docs/model.md. The values here are the defaults, where a model has no own
/// (default_hyperparameters in models.h).
struct Hyperparameters {
    ModelKind model;
    AttentionKind attention = AttentionKind::causal;
    ThresholdLink threshold_link = ThresholdLink::identity;
    Optimizer optimizer = Optimizer::adam;
    LrSchedule lr_schedule = LrSchedule::constant;
    ItemPrior item_prior = ItemPrior::weak;
    AbilityFrom ability_from = AbilityFrom::state_and_question;
    Switch ordered_thresholds = Switch::off;
    History history = History::off;
    // Parts of residual_gpcm.
    Core core = Core::gru;
    Switch fitted_items = Switch::on;
    Switch posterior_ability = Switch::on;
    Switch posterior_input = Switch::on;
    Switch question_readout = Switch::on;
    Switch history_input = Switch::on;
    Switch history_head = Switch::on;
    Switch hidden_layer = Switch::on;
    int memory_size = 50;
    int key_dim = 64;
    int value_dim = 128;
    int final_fc_dim = 50;
    int embed_dim = 64;
    int n_heads = 4;
    int n_cycles = 2;
    int batch_size = 32;  ///< learners per step
    int lr_patience =
        0;  ///< epochs without a better validation score before lr is cut by 0.8; 0: never
    int warmup_steps = 0;  ///< first steps of the optimizer, in which lr rises evenly
    double dropout_rate = 0.1;
    double lr = 0.002;
    double weight_decay = 0;
    double grad_clip = 5;
    double label_smoothing = 0;
    double ce_weight_logit =
        1.386294361119891;  ///< ln 4: with the next, weights 0.8 CE, 0 focal, 0.2 QWK
    double focal_weight_logit = -30;

    auto operator<=>(const Hyperparameters&) const = default;

    /// Sets one value from text. @throws InputError naming what was expected: unknown name, not a
    /// number, NaN, out of range.
    void set(std::string_view name, std::string_view value);

    /// Checks what concerns several values: the model's constraints. @throws InputError.
    void validate() const;
};

/// The names that Hyperparameters::set knows, in the order of docs/model.md; the model comes first.
std::span<const std::string_view> hyperparameter_names();

/// What a person reads of a hyperparameter: a row of the table in docs/cli.md.
struct HyperparameterText {
    std::string_view name;
    std::string default_value, accepted;
    std::string_view help;  ///< Markdown; may be empty
};

/// All of them but the model, in their order.
std::vector<HyperparameterText> hyperparameter_texts();

}  // namespace manygpcm
