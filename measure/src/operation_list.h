// The operations by name, each set up in the file of its kind.
#pragma once

#include <functional>

#include "manygpcm/engine/hyperparameters.h"
#include "operands.h"

namespace manygpcm::measure {

using Call = std::function<void()>;

Call clip_and_adam(Operands&, const Hyperparameters&);
Call address_softmax_forward(Operands&, const Hyperparameters&);
Call address_softmax_backward(Operands&, const Hyperparameters&);
Call attention_forward(Operands&, const Hyperparameters&);
Call attention_backward(Operands&, const Hyperparameters&);
Call composed_linear_forward(Operands&, const Hyperparameters&);
Call composed_linear_backward(Operands&, const Hyperparameters&);
Call dropout_forward(Operands&, const Hyperparameters&);
Call dropout_backward(Operands&, const Hyperparameters&);
Call embedding_forward(Operands&, const Hyperparameters&);
Call embedding_backward(Operands&, const Hyperparameters&);
Call gate_mix_forward(Operands&, const Hyperparameters&);
Call gate_mix_backward(Operands&, const Hyperparameters&);
Call gpcm_head_forward(Operands&, const Hyperparameters&);
Call ordinal_statistics(Operands&, const Hyperparameters&);
Call gpcm_head_backward(Operands&, const Hyperparameters&);
Call layer_norm_forward(Operands&, const Hyperparameters&);
Call layer_norm_backward(Operands&, const Hyperparameters&);
Call linear_qkv_forward(Operands&, const Hyperparameters&);
Call linear_qkv_backward(Operands&, const Hyperparameters&);
Call linear_gate_forward(Operands&, const Hyperparameters&);
Call linear_gate_backward(Operands&, const Hyperparameters&);
Call linear_summary_forward(Operands&, const Hyperparameters&);
Call linear_summary_backward(Operands&, const Hyperparameters&);
Call linear_pair_gate_forward(Operands&, const Hyperparameters&);
Call linear_pair_gate_backward(Operands&, const Hyperparameters&);
Call linear_decay_value_forward(Operands&, const Hyperparameters&);
Call linear_decay_value_backward(Operands&, const Hyperparameters&);
Call linear_decay_response_forward(Operands&, const Hyperparameters&);
Call linear_decay_response_backward(Operands&, const Hyperparameters&);
Call memory_scan_steps_forward(Operands&, const Hyperparameters&);
Call memory_scan_steps_backward(Operands&, const Hyperparameters&);
Call memory_scan_pairs_forward(Operands&, const Hyperparameters&);
Call memory_scan_pairs_backward(Operands&, const Hyperparameters&);
Call response_embedding_forward(Operands&, const Hyperparameters&);
Call response_embedding_backward(Operands&, const Hyperparameters&);

}  // namespace manygpcm::measure
