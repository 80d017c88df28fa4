#include "tape.h"

#include <cstdlib>
#include <new>
#include <stdexcept>

namespace manygpcm {
namespace {

constexpr std::size_t line = 16;  // floats in 64 bytes: every tensor starts on a cache line

}  // namespace

void Tape::Free::operator()(float* p) const {
    std::free(p);
}

Tape::Tape(int replicas, const BatchCapacity& capacity, bool training)
    : replicas_(replicas), capacity_(capacity), training_(training) {}

Tensor Tape::add_tensor(RowKind rows, int width, int fixed_rows) {
    tensors_.push_back({rows, width, fixed_rows});
    return {static_cast<int>(tensors_.size()) - 1};
}

Operand Tape::read(Tensor tensor) {
    TensorInfo& info = tensors_[tensor.id];
    if (info.alone) throw std::logic_error("tape: a tensor that must have one reader has two");
    return {tensor, ++info.readers};
}

Operand Tape::read_alone(Tensor tensor) {
    const Operand operand = read(tensor);
    if (operand.reader > 1)
        throw std::logic_error("tape: a tensor that must have one reader has two");
    tensors_[tensor.id].alone = true;
    return operand;
}

void Tape::allocate() {
    replica_elements_ = 0;
    for (TensorInfo& t : tensors_) {
        const int rows = t.rows == RowKind::fixed       ? t.fixed_rows
                         : t.rows == RowKind::sequences ? capacity_.sequences
                                                        : capacity_.steps;
        const std::size_t size = (std::size_t(rows) * t.width + line - 1) / line * line;
        t.value = replica_elements_;
        replica_elements_ += size;
        if (training_) {
            t.gradient = replica_elements_;
            replica_elements_ += size;
        }
    }
    arena_elements_ = replica_elements_ * replicas_;
    arena_.reset(static_cast<float*>(std::aligned_alloc(line * sizeof(float), arena_bytes())));
    if (!arena_) throw std::bad_alloc();
}

void Tape::forward(const Pass& pass) {
    for (const Operation& operation : operations_)
        operation.forward(*this, pass);
}

void Tape::backward(const Pass& pass) {
    for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation)
        operation->backward(*this, pass);
}

kernels::PerReplica<float> Tape::value(Tensor tensor) {
    if (!tensor) return {};
    return {arena_.get() + tensors_[tensor.id].value,
            static_cast<std::ptrdiff_t>(replica_elements_)};
}

kernels::PerReplica<float> Tape::gradient(Tensor tensor) {
    if (!tensor) return {};
    return {arena_.get() + tensors_[tensor.id].gradient,
            static_cast<std::ptrdiff_t>(replica_elements_)};
}

kernels::Write Tape::write(const Operand& operand) const {
    return operand.reader == tensors_[operand.tensor.id].readers ? kernels::Write::replace
                                                                 : kernels::Write::add;
}

}  // namespace manygpcm
