// residual_gpcm: the classical model, and what a core finds beyond it (docs/model.md). All that the
// core adds is 0 at first, so training begins at the classical model's predictions.
#include "model/layers/classical.h"
#include "model/models.h"
#include "model/operations/gru_scan.h"
#include "model/operations/item_head.h"
#include "model/operations/response_history.h"
#include "model/operations/row_dot.h"

namespace manygpcm::models {
namespace {

bool on(Switch part) {
    return part == Switch::on;
}

/// Without a core there is no other ability.
bool ability_is_posterior(const Hyperparameters& h) {
    return on(h.posterior_ability) || h.core == Core::none;
}

/// What there is beside question and response, without a gradient.
struct Evidence {
    PosteriorTensors posterior;  ///< absent where nothing asks for it
    Tensor history;
};

Evidence record_evidence(Recorder& r) {
    const Hyperparameters& h = r.sizes();
    Evidence evidence;
    if (ability_is_posterior(h) || on(h.posterior_input)) evidence.posterior = record_classical(r);
    if (on(h.history_head) || (on(h.history_input) && h.core != Core::none))
        evidence.history = record_response_history(r.tape(), r.n_categories());
    return evidence;
}

/// [questions, key_dim]
Tensor record_question(Recorder& r) {
    return r.question_embedding("question_embedding", r.sizes().key_dim, InitialValues::normal);
}

/// [steps, value_dim] what the core remembers of the responses before each step.
/// @param question gets their vectors where the core needs them
Tensor record_core(Recorder& r, const Evidence& evidence, Tensor& question) {
    using kernels::Activation;
    const Hyperparameters& h = r.sizes();
    const int width = h.value_dim;
    const Tensor pair = r.dropout(
        record_gather(r.tape(), r.linear_decay("value", h.embed_dim, InitialValues::normal),
                      BatchIndex::pair_row));
    // A map of all that the core sees of a response.
    const auto input = [&](const std::string& name, const char* of_pair, int columns,
                           Activation activation) {
        Addend beside;
        const auto add = [&](const char* part, Tensor x) {
            beside.tensor = r.added(name + part, x, columns, InitialValues::xavier_uniform, beside);
        };
        if (on(h.posterior_input)) add(".posterior", evidence.posterior.after);
        if (on(h.history_input)) add(".history", evidence.history);
        return r.linear(
            r.linear_map(name + of_pair, h.embed_dim, columns, InitialValues::xavier_uniform), pair,
            activation, beside);
    };
    if (h.core == Core::memory) {
        question = record_question(r);
        const Tensor address = record_address_softmax(
            r.tape(), r.linear("core.query", question, h.key_dim, Activation::tanh), h.memory_size,
            r.parameter("core.key", {h.memory_size, h.key_dim}, InitialValues::kaiming_normal));
        const Tensor erase = input("core.erase", "", width, Activation::sigmoid);
        const Tensor add = input("core.add", "", width, Activation::tanh);
        return r.dropout(record_memory_scan(
            r.tape(), address, erase, add, BatchIndex::none,
            r.parameter("core.initial_value", {h.memory_size, width}, InitialValues::zeros)));
    }
    const Tensor gates = input("core", ".input", 3 * width, Activation::identity);
    const LinearMap hidden =
        r.linear_map("core.hidden", width, 3 * width, InitialValues::xavier_uniform);
    return r.dropout(record_gru_scan(r.tape(), gates, BatchIndex::none, width, hidden.weights));
}

/// [steps] ability: the posterior's mean and what the core adds to it.
Tensor record_ability(Recorder& r, const Evidence& evidence, Tensor state) {
    Addend mean;
    if (ability_is_posterior(r.sizes())) mean.tensor = evidence.posterior.mean;
    if (!state) return mean.tensor;
    return r.linear(r.linear_map("ability", r.tape().width(state), 1, InitialValues::zeros), state,
                    kernels::Activation::identity, mean);
}

/// [steps, K-1] what a hidden layer and the history add to the steps of the scale; may be absent.
/// @param question their vectors, if they are recorded already
Tensor record_extra(Recorder& r, const Evidence& evidence, Tensor state, Tensor question) {
    const Hyperparameters& h = r.sizes();
    const int steps = r.n_categories() - 1;
    // What not knowing ability exactly does to the classical prediction.
    Addend extra;
    if (ability_is_posterior(h)) extra.tensor = evidence.posterior.spread;
    if (on(h.history_head))
        extra.tensor =
            r.added("steps.history", evidence.history, steps, InitialValues::zeros, extra);
    if (!on(h.hidden_layer) || (!state && !on(h.history_head))) return extra.tensor;

    if (!question) question = record_question(r);
    Addend input{r.linear("hidden.question", question, h.final_fc_dim), BatchIndex::question_row};
    const auto part = [&](const char* name, Tensor x, kernels::Activation activation) {
        return r.added(name, x, h.final_fc_dim, InitialValues::kaiming_normal, input, activation);
    };
    Tensor hidden;
    if (on(h.history_head)) {
        const auto activation = state ? kernels::Activation::identity : kernels::Activation::relu;
        hidden = part("hidden.history", evidence.history, activation);
        input = {hidden, BatchIndex::none};
    }
    if (state) hidden = part("hidden.state", state, kernels::Activation::relu);
    return r.linear(r.linear_map("steps.hidden", h.final_fc_dim, steps, InitialValues::zeros),
                    r.dropout(hidden), kernels::Activation::identity, extra);
}

/// [questions, K] slope and steps.
Tensor record_items(Recorder& r) {
    const Hyperparameters& h = r.sizes();
    const bool ordered = on(h.ordered_thresholds);
    const InitialValues fitted =
        ordered ? InitialValues::ordered_fitted_item : InitialValues::fitted_item;
    const Tensor item = r.question_embedding(
        "item", r.n_categories(), on(h.fitted_items) ? fitted : InitialValues::plain_item);
    constexpr int first_step = 1;
    return ordered ? record_ascending(r.tape(), item, first_step) : item;
}

ModelTensors record_residual_gpcm(Recorder& r) {
    const Hyperparameters& h = r.sizes();
    const Evidence evidence = record_evidence(r);
    Tensor question;
    const Tensor state = h.core == Core::none ? Tensor{} : record_core(r, evidence, question);
    ItemHeadOperands head;
    head.theta = record_ability(r, evidence, state);
    head.item = record_items(r);
    if (state && on(h.question_readout))
        head.common = record_row_dot(
            r.tape(), state,
            r.question_embedding("readout", h.value_dim, InitialValues::small_normal),
            BatchIndex::question_row);
    head.extra = record_extra(r, evidence, state, question);
    const ItemHeadTensors made = record_item_head(r.tape(), head, r.n_categories());
    return {made.head, made.threshold,
            ability_is_posterior(h) ? evidence.posterior.deviation : Tensor{}};
}

}  // namespace

ModelDefinition residual_gpcm() {
    return {
        .name = "residual_gpcm",
        .uses = {"item_prior", "ordered_thresholds", "core", "fitted_items", "posterior_ability",
                 "posterior_input", "question_readout", "history_input", "history_head",
                 "hidden_layer", "memory_size", "final_fc_dim", "dropout_rate", "embed_dim",
                 "key_dim", "value_dim"},
        .constraints = {},
        .searched = {},
        .record = record_residual_gpcm,
        .in_auto = true,
        .ability_of_learner =
            [](const Hyperparameters& h) {
                // A memory of one slot is read alike at any question.
                return h.core != Core::memory || h.memory_size == 1;
            },
        .space = {{.name = "core", .words = {"gru", "memory", "none"}},
                  {.name = "value_dim", .choices = {50, 100, 150, 200}, .where = "core=gru,memory"},
                  {.name = "embed_dim", .choices = {32, 64, 128}, .where = "core=gru,memory"},
                  {.name = "dropout_rate", .low = 0.1, .high = 0.6},
                  {.name = "batch_size", .choices = {8, 16, 32, 64}},
                  {.name = "lr", .low = 1e-3, .high = 5e-2, .log = true},
                  {.name = "weight_decay", .low = 1e-3, .high = 0.3, .log = true}},
        .defaults = {{"memory_size", "1"},
                     {"final_fc_dim", "64"},
                     {"dropout_rate", "0.4"},
                     {"embed_dim", "64"},
                     {"key_dim", "32"},
                     {"value_dim", "100"},
                     {"batch_size", "16"},
                     {"optimizer", "adamw"},
                     {"lr", "0.01"},
                     {"lr_schedule", "cosine"},
                     {"weight_decay", "0.01"},
                     {"grad_clip", "1"},
                     {"ce_weight_logit", "30"},
                     {"focal_weight_logit", "-30"}}};
}

}  // namespace manygpcm::models
