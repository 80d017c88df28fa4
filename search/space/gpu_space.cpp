#include "manygpcm/search/gpu_space.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "manygpcm/engine/gpu_limits.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

/// All values that a hyperparameter of whole numbers may have; `fixed` where it isn't searched.
std::vector<double> possible_values(const Space& space, const char* name, double fixed) {
    const auto found = std::ranges::find(space.parameters(), name, &Parameter::name);
    if (found == space.parameters().end()) return {fixed};
    std::vector<double> values = found->choices;
    if (values.empty())
        for (int value = static_cast<int>(found->low); value <= found->high; ++value)
            values.push_back(value);
    if (found->condition)
        values.insert(values.end(), found->condition->otherwise.begin(),
                      found->condition->otherwise.end());
    return values;
}

/// @param model  which choice of `model` it is, where several are searched
void expect_one_runs_on_gpu(const Space& space, const Hyperparameters& base, double model) {
    if (!uses(base.model, "n_heads")) return;
    Hyperparameters h = base;
    for (const double embed_dim : possible_values(space, "embed_dim", base.embed_dim))
        for (const double n_heads : possible_values(space, "n_heads", base.n_heads)) {
            h.embed_dim = static_cast<int>(embed_dim);
            h.n_heads = static_cast<int>(n_heads);
            if (h.embed_dim % h.n_heads == 0 &&
                space.feasible(
                    {{"embed_dim", embed_dim}, {"n_heads", n_heads}, {model_parameter, model}}))
                manygpcm::expect_runs_on_gpu(h);
        }
}

}  // namespace

void expect_runs_on_gpu(const Space& space, std::span<const Hyperparameters> bases) {
    for (std::size_t model = 0; model < bases.size(); ++model)
        expect_one_runs_on_gpu(space, bases[model], static_cast<double>(model));
}

}  // namespace manygpcm::search
