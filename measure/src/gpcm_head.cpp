// The head and its loss over all steps.
#include "manygpcm/kernels/gpcm_head.h"

#include "operation_list.h"

namespace manygpcm::measure {
namespace {

struct Head {
    Head(Operands& o, const Hyperparameters& h)
        : backend(o.backend()),
          steps(o.rows(RowKind::steps)),
          questions(o.rows(RowKind::questions)),
          shape{h.final_fc_dim, n_categories},
          in{o.array(steps.capacity, shape.features),
             o.array(1, shape.features),
             o.array(1, 1),
             o.array(1, 1, 1, 1),
             o.array(1, shape.features),
             o.array(questions.capacity, 1),
             o.array(questions.capacity, n_categories - 1),
             o.index(BatchIndex::question_row)},
          out{o.array(steps.capacity, 1), o.array(steps.capacity, 1),
              o.array(steps.capacity, n_categories)},
          responses(o.index(BatchIndex::response)),
          losses(o.copies(
              kernels::ordinal_loss(h.ce_weight_logit, h.focal_weight_logit, h.label_smoothing))) {
        const std::size_t size = kernels::ordinal_statistics_size(n_categories);
        const std::size_t replicas = static_cast<std::size_t>(o.replicas());
        statistics = {static_cast<double*>(o.allocate(size * replicas * sizeof(double))),
                      static_cast<std::ptrdiff_t>(size)};
    }

    void forward() const { backend.gpcm_head_forward(steps, shape, in, out); }
    void write_statistics() const {
        backend.ordinal_statistics(steps, n_categories, losses, out.logits, responses, statistics);
    }

    kernels::Backend& backend;
    kernels::Rows steps, questions;
    kernels::GpcmHeadShape shape;
    kernels::GpcmHeadInput<float> in;
    kernels::GpcmHeadOutput<float> out;
    kernels::RowIndex responses;
    const kernels::OrdinalLoss* losses;
    kernels::PerReplica<double> statistics;
};

}  // namespace

Call gpcm_head_forward(Operands& o, const Hyperparameters& h) {
    return [head = Head(o, h)] { head.forward(); };
}

Call ordinal_statistics(Operands& o, const Hyperparameters& h) {
    const Head head(o, h);
    head.forward();
    return [head] { head.write_statistics(); };
}

Call gpcm_head_backward(Operands& o, const Hyperparameters& h) {
    const Head head(o, h);
    head.forward();
    head.write_statistics();
    const int features = head.shape.features;
    const kernels::GpcmHeadGradient<float> gradient{
        o.array(head.steps.capacity, features),
        o.array(1, features),
        o.array(1, 1),
        o.array(1, 1),
        o.array(1, features),
        o.array(head.questions.capacity, 1),
        o.array(head.questions.capacity, n_categories - 1)};
    return [=] {
        head.backend.gpcm_head_backward(
            head.steps, head.questions, head.shape, head.losses, head.statistics, head.in,
            {head.out.theta, head.out.alpha, head.out.logits}, head.responses, gradient);
    };
}

}  // namespace manygpcm::measure
