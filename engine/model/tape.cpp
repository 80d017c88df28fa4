#include "model/tape.h"

#include <algorithm>
#include <span>
#include <stdexcept>

namespace manygpcm {
namespace {

constexpr std::size_t line = 16;  // floats in 64 bytes: every tensor starts on a cache line

/// Whether its rows depend on the batch's questions, and on no response.
bool is_of_questions(RowKind rows) {
    return rows == RowKind::questions || rows == RowKind::categories || rows == RowKind::fixed;
}

}  // namespace

Tape::Tape(kernels::Backend& backend, int replicas, const BatchCapacity& capacity, int n_questions,
           int n_categories, bool training)
    : backend_(&backend),
      replicas_(replicas),
      n_questions_(n_questions),
      n_categories_(n_categories),
      capacity_(capacity),
      training_(training) {}

Tensor Tape::add_tensor(RowKind rows, int width, int fixed_rows) {
    tensors_.push_back({rows, width, fixed_rows, true, operations_.size()});
    return {static_cast<int>(tensors_.size()) - 1};
}

Tensor Tape::add_values(RowKind rows, int width, int fixed_rows) {
    const Tensor tensor = add_tensor(rows, width, fixed_rows);
    tensors_.back().has_gradient = false;
    return tensor;
}

Operand Tape::read(Tensor tensor) {
    TensorInfo& info = tensors_[tensor.id];
    if (info.alone) throw std::logic_error("tape: a tensor that must have one reader has two");
    if (!is_of_questions(info.rows)) reads_of_questions_alone_ = false;
    info.last_read = operations_.size();
    return {tensor, ++info.readers};
}

Operand Tape::read_alone(Tensor tensor) {
    const Operand operand = read(tensor);
    if (operand.reader > 1)
        throw std::logic_error("tape: a tensor that must have one reader has two");
    tensors_[tensor.id].alone = true;
    return operand;
}

void Tape::record(Operation operation) {
    const auto first = std::ranges::find(tensors_, operations_.size(), &TensorInfo::made_by);
    const std::span<const TensorInfo> made(first, tensors_.end());
    of_questions_.push_back(reads_of_questions_alone_ && !made.empty() &&
                            std::ranges::all_of(made, is_of_questions, &TensorInfo::rows));
    reads_of_questions_alone_ = true;
    operations_.push_back(std::move(operation));
}

int Tape::row_capacity(const TensorInfo& tensor) const {
    return tensor.rows == RowKind::fixed
               ? tensor.fixed_rows
               : manygpcm::row_capacity(tensor.rows, capacity_, n_questions_, n_categories_);
}

std::size_t Tape::elements(const TensorInfo& tensor) const {
    return (std::size_t(row_capacity(tensor)) * tensor.width + line - 1) / line * line;
}

void Tape::lay_out() {
    replica_elements_ = 0;
    for (TensorInfo& tensor : tensors_) {
        if (tensor.has_gradient && tensor.readers == 0)
            throw std::logic_error("tape: nobody reads a tensor that has a gradient");
        tensor.value = replica_elements_;
        replica_elements_ += elements(tensor);
    }
    if (training_) {
        // backward() first writes a gradient in the tensor's last reader and reads it for the last
        // time in its maker: two gradients may overlap if these spans don't. Each takes the lowest
        // place that is free for its span.
        const std::size_t gradients = replica_elements_;
        std::vector<const TensorInfo*> placed;
        for (TensorInfo& tensor : tensors_) {
            if (!tensor.has_gradient) continue;
            const auto lives_with = [&](const TensorInfo* other) {
                return tensor.made_by <= other->last_read && other->made_by <= tensor.last_read;
            };
            tensor.gradient = gradients;
            std::ranges::sort(placed, {}, &TensorInfo::gradient);
            for (const TensorInfo* other : placed)
                if (lives_with(other) && tensor.gradient + elements(tensor) > other->gradient)
                    tensor.gradient = std::max(tensor.gradient, other->gradient + elements(*other));
            placed.push_back(&tensor);
            replica_elements_ = std::max(replica_elements_, tensor.gradient + elements(tensor));
        }
    }
}

void Tape::allocate() {
    if (!arena_.data())
        arena_ = kernels::BackendArray<float>(*backend_, replica_elements_ * replicas_, "arena");
}

void Tape::forward(const Pass& pass) {
    for (std::size_t i = 0; i < operations_.size(); ++i)
        forward(pass, i);
}

void Tape::backward(const Pass& pass) {
    for (std::size_t i = operations_.size(); i-- > 0;)
        backward(pass, i);
}

void Tape::forward(const Pass& pass, std::size_t operation) {
    throw_if_set(pass.stop);
    if (pass.same_questions && of_questions_[operation]) return;
    allocate();
    operations_[operation].forward(*this, pass);
}

void Tape::backward(const Pass& pass, std::size_t operation) {
    throw_if_set(pass.stop);
    operations_[operation].backward(*this, pass);
}

kernels::PerReplica<float> Tape::value(Tensor tensor) {
    if (!tensor) return {};
    return {arena_.data() + tensors_[tensor.id].value,
            static_cast<std::ptrdiff_t>(replica_elements_)};
}

kernels::PerReplica<float> Tape::gradient(Tensor tensor) {
    if (!tensor) return {};
    if (!tensors_[tensor.id].has_gradient) throw std::logic_error("tape: a tensor has no gradient");
    return {arena_.data() + tensors_[tensor.id].gradient,
            static_cast<std::ptrdiff_t>(replica_elements_)};
}

kernels::PerReplica<float> Tape::gradient_if_any(Tensor tensor) {
    return tensor && tensors_[tensor.id].has_gradient ? gradient(tensor)
                                                      : kernels::PerReplica<float>{};
}

kernels::Write Tape::write(const Operand& operand) const {
    return operand.reader == tensors_[operand.tensor.id].readers ? kernels::Write::replace
                                                                 : kernels::Write::add;
}

}  // namespace manygpcm
