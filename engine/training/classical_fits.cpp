#include "training/classical_fits.h"

namespace manygpcm {

void ClassicalFits::provide(TrainingJob& job, StopFlag stop) {
    const bool begins = !job.start && !job.fitted;
    if (!begins ||
        !ParameterLayout({job.spec.hyperparameters, learners_.n_questions, learners_.n_categories})
             .starts_fitted())
        return;
    const ItemPrior prior = job.spec.hyperparameters.item_prior;
    Fit* fit = nullptr;
    {
        const std::lock_guard lock(mutex_);
        std::unique_ptr<Fit>& place = fits_[{job.spec.train, prior}];
        if (!place) place = std::make_unique<Fit>();
        fit = place.get();
    }
    const std::lock_guard lock(fit->mutex);
    if (!fit->model)
        fit->model = std::make_shared<const ClassicalGpcm>(
            fit_classical_gpcm(learners_, job.spec.train, stop, prior));
    job.fitted = fit->model;
}

}  // namespace manygpcm
