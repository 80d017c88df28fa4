// The one list of all operations. Whoever does something for each of them makes it from here: the
// backends' calls (backend.h), the functions of the CPU, the count of work, the checks.
//
// Each operation's header has its arguments as structs, one a call: their shapes, and what the call
// computes. An operation is added with its header, cpu/<name>.cpp, cuda/<name>.cu,
// checks/<name>.cpp and a line here.
#pragma once

#include "manygpcm/kernels/ability_posterior.h"
#include "manygpcm/kernels/address_softmax.h"
#include "manygpcm/kernels/ascending.h"
#include "manygpcm/kernels/attention.h"
#include "manygpcm/kernels/composed_linear.h"
#include "manygpcm/kernels/dropout.h"
#include "manygpcm/kernels/embedding.h"
#include "manygpcm/kernels/gate_mix.h"
#include "manygpcm/kernels/gpcm_head.h"
#include "manygpcm/kernels/gru_scan.h"
#include "manygpcm/kernels/item_head.h"
#include "manygpcm/kernels/layer_norm.h"
#include "manygpcm/kernels/linear.h"
#include "manygpcm/kernels/linear_decay.h"
#include "manygpcm/kernels/memory_scan.h"
#include "manygpcm/kernels/response_attention.h"
#include "manygpcm/kernels/response_embedding.h"
#include "manygpcm/kernels/response_history.h"
#include "manygpcm/kernels/row_dot.h"
#include "manygpcm/kernels/work.h"

// clang-format off
/// NAME(name) of every operation, followed by CALL(Arguments) of each of its calls.
#define MANYGPCM_OPERATIONS(NAME, CALL)                                                 \
    NAME(ability_posterior)  CALL(AbilityPosterior)                                         \
    NAME(address_softmax)    CALL(AddressSoftmaxForward)    CALL(AddressSoftmaxBackward)    \
    NAME(ascending)          CALL(AscendingForward)         CALL(AscendingBackward)         \
    NAME(attention)          CALL(AttentionForward)         CALL(AttentionBackward)         \
    NAME(composed_linear)    CALL(ComposedLinearForward)    CALL(ComposedLinearBackward)    \
    NAME(dropout)            CALL(DropoutForward)           CALL(DropoutBackward)           \
    NAME(embedding)          CALL(EmbeddingForward)         CALL(EmbeddingBackward)         \
    NAME(gate_mix)           CALL(GateMixForward)           CALL(GateMixBackward)           \
    NAME(gpcm_head)          CALL(GpcmHeadForward)          CALL(GpcmHeadBackward)          \
                             CALL(OrdinalStatistics)                                        \
    NAME(gru_scan)           CALL(GruScanForward)           CALL(GruScanBackward)           \
    NAME(item_head)          CALL(ItemHeadForward)          CALL(ItemHeadBackward)          \
    NAME(layer_norm)         CALL(LayerNormForward)         CALL(LayerNormBackward)         \
    NAME(linear)             CALL(LinearForward)            CALL(LinearBackward)            \
    NAME(linear_decay)       CALL(LinearDecayForward)       CALL(LinearDecayBackward)       \
    NAME(memory_scan)        CALL(MemoryScanForward)        CALL(MemoryScanBackward)        \
    NAME(response_attention) CALL(ResponseAttentionForward) CALL(ResponseAttentionBackward) \
    NAME(response_embedding) CALL(ResponseEmbeddingForward) CALL(ResponseEmbeddingBackward) \
    NAME(response_history)   CALL(ResponseHistory)                                          \
    NAME(row_dot)            CALL(RowDotForward)            CALL(RowDotBackward)
// clang-format on
#define MANYGPCM_NOTHING(argument)
#define MANYGPCM_NAMES(NAME) MANYGPCM_OPERATIONS(NAME, MANYGPCM_NOTHING)
#define MANYGPCM_CALLS(CALL) MANYGPCM_OPERATIONS(MANYGPCM_NOTHING, CALL)

namespace manygpcm::kernels {

/// compute(): the call on the CPU, on the calling thread, in single precision; in double, too,
/// where tests check gradients. work(): what it has to do; counts and offsets are read.
#define MANYGPCM_DECLARE(Args)         \
    template <class T>                 \
    void compute(const Args<T>& args); \
    template <class T>                 \
    Work work(const Args<T>& args);
MANYGPCM_CALLS(MANYGPCM_DECLARE)
#undef MANYGPCM_DECLARE

}  // namespace manygpcm::kernels
