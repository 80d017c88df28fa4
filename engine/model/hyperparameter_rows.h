// One row knows everything of a hyperparameter but what is computed with it; what reads, writes,
// searches, documents or groups by hyperparameters goes by these rows.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "manygpcm/engine/models.h"

namespace manygpcm {

struct HyperparameterRow {
    template <class T>
    using Member = T Hyperparameters::*;

    struct Choice {
        std::variant<Member<ModelKind>, Member<AttentionKind>, Member<ThresholdLink>,
                     Member<Optimizer>, Member<LrSchedule>, Member<ItemPrior>, Member<AbilityFrom>,
                     Member<Core>, Member<Switch>, Member<History>>
            member;
        std::span<const std::string_view> names;  ///< in the order of the enumeration
    };
    struct Integer {
        Member<int> member;
        int low, high;
    };
    struct Real {
        Member<double> member;
        double low, high;
        bool low_included = true, high_included = true;
    };
    /// Which models it concerns: all, or those that declare that they use it.
    enum class Scope { every_model, where_used };
    /// What replicas of one cohort must share: nothing, since each has its own value; the sizes of
    /// a tape or the way it runs; or even the number of its operations.
    enum class Shapes { nothing, tape, operations };

    std::string_view name;
    std::variant<Choice, Integer, Real> kind;
    Scope scope;
    Shapes shapes;
    std::optional<SearchRange> published;
    /// The value that stood for it before it existed, which a file without it has; "" where every
    /// file of a model that uses it must name it.
    std::string_view before;
    std::string_view help;               ///< Markdown, for docs/cli.md
    std::string_view default_text = {};  ///< where a number says less
};

std::span<const HyperparameterRow> hyperparameter_rows();
/// @throws std::out_of_range
const HyperparameterRow& find_row(std::string_view name);

/// Those that a cohort's replicas must share, others and those that the model doesn't use at their
/// defaults. Models are recorded from this: one that isn't said to shape the tape has no effect on
/// any, rather than the first replica's on a whole cohort.
/// @param least Shapes::operations: only those that change the number of operations
Hyperparameters shape_of(const Hyperparameters& h,
                         HyperparameterRow::Shapes least = HyperparameterRow::Shapes::tape);

}  // namespace manygpcm
