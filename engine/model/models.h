// What a model is to the rest of the engine, and the table of all of them: one file a model in
// models/, one line in models.cpp.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "manygpcm/engine/models.h"
#include "model/layers/head.h"

namespace manygpcm {

struct ModelDefinition {
    std::string_view name;
    /// The hyperparameters that shape it; those of training concern every model.
    std::vector<std::string_view> uses;
    std::vector<Divides> constraints;
    /// The hyperparameters of its published space, over their published ranges.
    std::vector<std::string_view> searched;
    ModelTensors (*record)(Recorder&);
    bool trained = true;   ///< false: all its weights stay as they start
    bool in_auto = false;  ///< whether it is among the models that are searched over
    /// Whether the ability of a step is the learner's, whichever question is asked.
    bool (*ability_of_learner)(const Hyperparameters&) = [](const Hyperparameters& h) {
        return h.ability_from == AbilityFrom::state;
    };
    /// What a sweep searches, where that isn't the published space.
    std::vector<SearchRange> space = {};
    /// Of hyperparameters whose default for it isn't everyone's.
    std::vector<std::pair<std::string_view, std::string_view>> defaults = {};
    /// Beginnings of names, in the order of their parameters; empty: the order of recording.
    std::vector<std::string_view> parameter_order = {};
    /// Further constraints of its published space: studies of released versions have them, though
    /// they are of what the model doesn't use.
    std::vector<Divides> released_constraints = {};
};

const ModelDefinition& definition_of(ModelKind model);

}  // namespace manygpcm
