// The models that there are, as data: what each looks at, what must hold, what is searched.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "manygpcm/engine/hyperparameters.h"

namespace manygpcm {

/// In the order of their table; the first is the one where none is named.
std::vector<ModelKind> all_models();
/// Their names, in the same order.
std::span<const std::string_view> model_names();

/// Those that a sweep searches over where it isn't said which: what each finds that the others
/// can't is worth the trials that it takes from them (docs/search.md).
std::vector<ModelKind> auto_models();

/// Whether there is anything to train: gpcm is fitted before the first epoch.
bool is_trained(ModelKind model);

/// Whether the ability of a step depends on the question that is asked, not on the learner alone.
bool ability_depends_on_question(const Hyperparameters& hyperparameters);

/// What a model is trained with where nothing else is said.
Hyperparameters default_hyperparameters(ModelKind model);

/// Whether the hyperparameter has any effect on the model. @throws std::out_of_range for a name
/// that is none.
bool uses(ModelKind model, std::string_view hyperparameter);
/// The same, less what says how to train of a model that isn't trained: its files have that, too.
bool has_effect(ModelKind model, std::string_view hyperparameter);

/// What must hold between two hyperparameters of a model: one divides the other.
struct Divides {
    std::string_view divisor, of;
};
/// All that must hold of a model.
std::span<const Divides> constraints(ModelKind model);

/// What a sweep searches of one hyperparameter: choices, words, or a range.
struct SearchRange {
    std::string_view name;
    std::vector<double> choices = {};  ///< ascending; empty: from low to high
    double low = 0, high = 0;
    bool log = false;                          ///< uniform in the logarithm
    std::vector<std::string_view> words = {};  ///< in place of numbers
    /// "name=word" or "name=word,word": searched there alone; elsewhere it has no effect. Empty:
    /// everywhere.
    std::string_view where = {};
};
/// What a sweep of the model searches where nothing else is said; empty for a model that has
/// nothing to search.
std::vector<SearchRange> default_space(ModelKind model);
/// Whether that is the model's published space.
bool searches_published_space(ModelKind model);
/// The published space of a model, in the order of the hyperparameters; empty where none was
/// published.
std::vector<SearchRange> published_space(ModelKind model);
/// What must hold in it: the model's constraints, and such as say nothing of it, which are kept
/// because studies have them.
std::vector<Divides> published_constraints(ModelKind model);

}  // namespace manygpcm
