#include "model/layers/history.h"

#include "model/operations/response_history.h"

namespace manygpcm {

HistoryTensors record_history(Recorder& r) {
    const History where = r.sizes().history;
    if (where == History::off) return {};
    const Tensor history = record_response_history(r.tape(), r.n_categories());
    return {where == History::head ? Tensor{} : history,
            where == History::input ? Tensor{} : history};
}

Addend linear_with_history(Recorder& r, const LinearMap& map, const Addend& x,
                           const std::string& name, Tensor history,
                           kernels::Activation activation) {
    if (!history) return {r.linear(map, x.tensor, activation), x.row};
    return {add_history(r, name, history, {r.linear(map, x.tensor), x.row}, activation),
            BatchIndex::none};
}

Tensor add_history(Recorder& r, const std::string& name, Tensor history, const Addend& x,
                   kernels::Activation activation) {
    return r.added("history." + name, history, r.tape().width(x.tensor), InitialValues::zeros, x,
                   activation);
}

}  // namespace manygpcm
