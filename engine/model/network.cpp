#include "model/network.h"

#include "model/models.h"

namespace manygpcm {

Network::Network(kernels::Backend& backend, const ModelConfig& config, int replicas,
                 const BatchCapacity& capacity, bool training)
    : n_categories_(config.n_categories),
      tape_(backend, replicas, capacity, config.n_questions, config.n_categories, training) {
    const ParameterLayout layout(config);
    Recorder recorder(tape_, config, &layout);
    made_ = definition_of(config.hyperparameters.model).record(recorder);
    tape_.lay_out();
}

void Network::forward(const Pass& pass) {
    tape_.forward(pass);
}

void Network::write_statistics(const Pass& pass, kernels::PerReplica<double> statistics) {
    tape_.backend().run(kernels::OrdinalStatistics<float>{
        pass.batch.rows(RowKind::steps), n_categories_, pass.losses, logits(),
        pass.batch.index(BatchIndex::response), statistics});
}

void Network::backward(const Pass& pass) {
    tape_.backward(pass);
}

}  // namespace manygpcm
