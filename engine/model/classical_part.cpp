// The classical model inside another.
#include "manygpcm/engine/classical_gpcm.h"
#include "manygpcm/engine/judge_model.h"

namespace manygpcm {

std::optional<ClassicalGpcm> classical_part(const Model& model) {
    const ParameterLayout layout(model.config);
    if (!layout.contains("classical.slope")) return std::nullopt;
    const auto values = [&](const char* name) {
        const ParameterTensor& tensor = layout.find(name);
        const auto begin = model.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(tensor.size()));
    };
    return ClassicalGpcm{model.config.n_questions, model.config.n_categories,
                         values("classical.slope"), values("classical.step")};
}

ClassicalFit judge_model(Model& model, Learners learners, std::span<const int> which, StopFlag stop,
                         const WorkObserver& observer) {
    ClassicalFit fit = judge_fit(*classical_part(model), learners, which, stop,
                                 model.config.hyperparameters.item_prior, observer);
    model.alpha_error = fit.alpha_error;
    model.threshold_error = fit.beta_error;
    return fit;
}

}  // namespace manygpcm
