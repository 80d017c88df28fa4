// What each operation counts. In the comments, "an element" is one of the operation's result.
#include "manygpcm/kernels/work.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace manygpcm::kernels {
namespace {

/// Rows of all replicas.
double sum(Rows rows) {
    double total = 0;
    for (int r = 0; r < rows.replicas; ++r)
        total += rows[r];
    return total;
}

double product(double a, double b) {
    return a * b;
}

/// Elements of an array that may be absent.
template <class T>
double present(const PerReplica<T>& array, double elements) {
    return array ? elements : 0;
}

/// An array that a gradient replaces or is added to.
Work gradient(Write write, double elements) {
    return write == Write::replace ? Work{.written = elements} : Work{.added_to = elements};
}

bool activates(const LinearShape& shape) {
    return shape.activation != Activation::identity;
}

/// Elements of the four arrays of two composed maps but for the outer bias.
double factors(const ComposedLinearShape& shape) {
    return product(shape.out, shape.middle) + product(shape.middle, shape.in) + shape.middle;
}

/// Operations of the products of the two matrices and of the outer one with the inner bias.
double products(const ComposedLinearShape& shape) {
    return 2 * product(shape.out, shape.middle) * (shape.in + 1);
}

double parameters(const ResponseEmbeddingShape& shape) {
    return shape.categories + product(shape.out, shape.categories) + shape.out;
}

/// Pairs of a query and a key that it may see, in all sequences.
double visible_pairs(Rows sequences, bool causal, RowIndex offsets) {
    double pairs = 0;
    for (int r = 0; r < sequences.replicas; ++r)
        for (int s = 0; s < sequences[r]; ++s) {
            const double steps = offsets[r][s + 1] - offsets[r][s];
            pairs += causal ? steps * (steps + 1) / 2 : steps * steps;
        }
    return pairs;
}

/// Elements of the checkpoints of every sequence's segments.
double checkpoints(Rows sequences, const MemoryScanShape& shape, RowIndex offsets) {
    double segments = 0;
    for (int r = 0; r < sequences.replicas; ++r)
        for (int s = 0; s < sequences[r]; ++s)
            segments += (offsets[r][s + 1] - offsets[r][s] + shape.segment - 1) / shape.segment;
    return segments * product(shape.slots, shape.value_dim);
}

double statistics(int replicas, int categories) {
    constexpr double elements_of_a_double = 2;
    return elements_of_a_double * static_cast<double>(ordinal_statistics_size(categories)) *
           replicas;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
    operations += other.operations;
    read += other.read;
    written += other.written;
    added_to += other.added_to;
    return *this;
}

Work& Work::operator*=(double factor) {
    operations *= factor;
    read *= factor;
    written *= factor;
    added_to *= factor;
    return *this;
}

Work clip_and_adam_work(std::size_t size) {
    const auto n = static_cast<double>(size);
    return {.operations = 19 * n, .read = n, .added_to = 3 * n};
}

Work WorkCounter::total() const {
    Work total;
    for (const Entry& entry : entries_)
        total += entry.work;
    return total;
}

void WorkCounter::add(const char* operation, const Work& work) {
    auto entry = std::ranges::find(entries_, operation, &Entry::operation);
    if (entry == entries_.end()) entry = entries_.insert(entry, {operation, 0, {}});
    ++entry->calls;
    entry->work += work;
}

void* WorkCounter::allocate(std::size_t bytes, std::string_view) {
    void* memory = std::calloc(std::max<std::size_t>(bytes, 1), 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void WorkCounter::free(void* memory) noexcept {
    std::free(memory);
}

void WorkCounter::upload(void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
}

void WorkCounter::download(void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
}

void WorkCounter::zero(int replicas, std::size_t size, Out) {
    add("zero", {.written = static_cast<double>(size) * replicas});
}

// Rows of the table that the batch doesn't have don't count.
void WorkCounter::embedding_forward(Rows rows, int width, In, RowIndex, Out) {
    const double n = product(sum(rows), width);
    add("embedding_forward", {.read = n + sum(rows), .written = n});
}

void WorkCounter::embedding_backward(Rows rows, int, int width, RowIndex, In, Out) {
    const double n = product(sum(rows), width);
    add("embedding_backward", {.operations = n, .read = n + sum(rows), .added_to = n});
}

// The product, and an element 1 for the bias, 1 for the addend, 1 for the activation. An addend has
// at most a row a step.
void WorkCounter::linear_forward(Rows rows, const LinearShape& shape, const LinearInput<float>& in,
                                 Out) {
    const double n = sum(rows), outputs = n * shape.out;
    const bool bias = bool(in.bias), addend = bool(in.addend);
    add("linear_forward",
        {.operations = outputs * (2.0 * shape.in + bias + addend + activates(shape)),
         .read = n * shape.in + rows.replicas * product(shape.out, shape.in) +
                 bias * product(rows.replicas, shape.out) + addend * (outputs + n),
         .written = outputs});
}

// Both products, and an element 3 to undo the activation and 1 for each sum (bias, addend). dy is
// read and, where there is an activation, overwritten.
void WorkCounter::linear_backward(Rows rows, Rows addend_rows, const LinearShape& shape,
                                  const LinearInput<float>& in, In, Out,
                                  const LinearGradient<float>& to) {
    const double n = sum(rows), outputs = n * shape.out;
    const double weights = rows.replicas * product(shape.out, shape.in);
    const bool bias = bool(to.bias), addend = bool(to.addend), activation = activates(shape);
    Work work{
        .operations = outputs * ((to.x ? 4.0 : 2.0) * shape.in + bias + addend + 3 * activation),
        .read = outputs * (1 + activation) + n * shape.in + present(to.x, weights) +
                present(in.addend_row, n),
        .written = activation * outputs,
        .added_to = weights + bias * product(rows.replicas, shape.out)};
    if (to.x) work += gradient(to.x_write, n * shape.in);
    if (addend) work += gradient(to.addend_write, product(sum(addend_rows), shape.out));
    add("linear_backward", work);
}

// The product of the two matrices and of the outer one with the inner bias, and 1 an element of the
// sum of biases.
void WorkCounter::composed_linear_forward(int replicas, const ComposedLinearShape& shape,
                                          const ComposedLinearInput<float>&, Out, Out) {
    add("composed_linear_forward",
        {.operations = replicas * (products(shape) + shape.out),
         .read = replicas * (factors(shape) + shape.out),
         .written = replicas * (product(shape.out, shape.in) + shape.out)});
}

// The two products that each of these needs, and 1 an element of the outer bias.
void WorkCounter::composed_linear_backward(int replicas, const ComposedLinearShape& shape,
                                           const ComposedLinearInput<float>&, In, In,
                                           const ComposedLinearGradient<float>&) {
    add("composed_linear_backward",
        {.operations = replicas * (2 * products(shape) + shape.out),
         .read = replicas * (factors(shape) + product(shape.out, shape.in) + shape.out),
         .added_to = replicas * (factors(shape) + shape.out)});
}

// 2 K an element. The whole weight [out, K Q] is read.
void WorkCounter::linear_decay_forward(Rows rows, const LinearDecayShape& shape, In, In, RowIndex,
                                       RowIndex, Out) {
    const double n = product(sum(rows), shape.out);
    add("linear_decay_forward",
        {.operations = 2 * shape.categories * n,
         .read =
             rows.replicas * (product(shape.out, shape.categories) * shape.questions + shape.out) +
             2 * sum(rows),
         .written = n});
}

// As forward, and 1 an element for the bias.
void WorkCounter::linear_decay_backward(Rows rows, const LinearDecayShape& shape, RowIndex,
                                        RowIndex, In, Out, Out) {
    const double n = product(sum(rows), shape.out);
    add("linear_decay_backward",
        {.operations = (2 * shape.categories + 1) * n,
         .read = n + 2 * sum(rows),
         .added_to =
             rows.replicas * (product(shape.out, shape.categories) * shape.questions + shape.out)});
}

// 2 an element and 4 a category for the softmax.
void WorkCounter::response_embedding_forward(int replicas, const ResponseEmbeddingShape& shape,
                                             const ResponseEmbeddingParameters<const float>&, Out) {
    const double n = product(shape.categories, shape.out);
    add("response_embedding_forward", {.operations = replicas * (2 * n + 4 * shape.categories),
                                       .read = replicas * parameters(shape),
                                       .written = replicas * n});
}

// 6 an element and 8 a category.
void WorkCounter::response_embedding_backward(int replicas, const ResponseEmbeddingShape& shape,
                                              const ResponseEmbeddingParameters<const float>&, In,
                                              const ResponseEmbeddingParameters<float>&) {
    const double n = product(shape.categories, shape.out);
    add("response_embedding_backward", {.operations = replicas * (6 * n + 8 * shape.categories),
                                        .read = replicas * (n + parameters(shape)),
                                        .added_to = replicas * parameters(shape)});
}

// 1 an element, its scaling; the random words, most of the time, are integer work.
void WorkCounter::dropout_forward(Rows rows, const DropoutShape& shape, const DropoutKey*, In,
                                  Out) {
    const double n = product(sum(rows), shape.width);
    add("dropout_forward", {.operations = n, .read = n, .written = n});
}

void WorkCounter::dropout_backward(Rows rows, const DropoutShape& shape, const DropoutKey*, In, Out,
                                   Write write) {
    const double n = product(sum(rows), shape.width);
    Work work{.operations = n, .read = n};
    work += gradient(write, n);
    add("dropout_backward", work);
}

// Only pairs of a query and a key that it may see count: 4 E operations a pair for scores and
// weighted values, and 4 a head (exponential, its argument, sum, dropout's scaling).
void WorkCounter::attention_forward(Rows sequences, Rows steps, const AttentionShape& shape,
                                    RowIndex offsets, const DropoutKey*, In, Out, Out) {
    const double pairs = visible_pairs(sequences, shape.causal, offsets);
    add("attention_forward",
        {.operations = pairs * (4 * shape.width + 4 * shape.heads),
         .read = product(sum(steps), 3 * shape.width) + sum(sequences) + sequences.replicas,
         .written = product(sum(steps), shape.width + shape.heads)});
}

// 10 E a pair for the scores anew and the gradients of values, probabilities, queries and keys, and
// 7 a head; 2 E a step for dy . y.
void WorkCounter::attention_backward(Rows sequences, Rows steps, const AttentionShape& shape,
                                     RowIndex offsets, const DropoutKey*, In, In, In, In, Out) {
    const double pairs = visible_pairs(sequences, shape.causal, offsets), n = sum(steps);
    add("attention_backward",
        {.operations = pairs * (10 * shape.width + 7 * shape.heads) + 2 * n * shape.width,
         .read = n * (5 * shape.width + shape.heads) + sum(sequences) + sequences.replicas,
         .written = n * 3 * shape.width});
}

// 9 an element: mean 1, variance 3, normalising 2, gain and bias 2, relu 1.
void WorkCounter::layer_norm_forward(Rows rows, const LayerNormShape& shape, In, In, In, Out, Out) {
    const double n = product(sum(rows), shape.width);
    add("layer_norm_forward", {.operations = (8 + shape.relu) * n,
                               .read = n + product(rows.replicas, 2 * shape.width),
                               .written = n + 2 * sum(rows)});
}

// 14 an element: relu 1, normalising 2, gain 1, its gradient 2, the bias's 1, two means 3, dx 4.
void WorkCounter::layer_norm_backward(Rows rows, const LayerNormShape& shape, In, In, In, In, In,
                                      Out, Write dx_write, Out, Out) {
    const double n = product(sum(rows), shape.width);
    Work work{.operations = (13 + shape.relu) * n,
              .read = (2 + shape.relu) * n + product(rows.replicas, shape.width) + 2 * sum(rows),
              .added_to = product(rows.replicas, 2 * shape.width)};
    work += gradient(dx_write, n);
    add("layer_norm_backward", work);
}

void WorkCounter::gate_mix_forward(Rows rows, int width, In, In, In, Out) {
    const double n = product(sum(rows), width);
    add("gate_mix_forward", {.operations = 3 * n, .read = 3 * n, .written = n});
}

void WorkCounter::gate_mix_backward(Rows rows, int width, In, In, In, In, Out, Out, Out,
                                    Write db_write) {
    const double n = product(sum(rows), width);
    Work work{.operations = 4 * n, .read = 4 * n, .written = 2 * n};
    work += gradient(db_write, n);
    add("gate_mix_backward", work);
}

// The product with the keys and 5 an element: maximum, difference, exponential, sum, division.
void WorkCounter::address_softmax_forward(Rows rows, const AddressShape& shape, In, In, Out) {
    const double n = product(sum(rows), shape.slots);
    add("address_softmax_forward",
        {.operations = n * (2 * shape.key_dim + 5),
         .read = (sum(rows) + product(rows.replicas, shape.slots)) * shape.key_dim,
         .written = n});
}

// Two products and 4 an element. daddress is read and overwritten.
void WorkCounter::address_softmax_backward(Rows rows, const AddressShape& shape, In, In, In, Out,
                                           Out, Write dquery_write, Out) {
    const double n = product(sum(rows), shape.slots);
    const double queries = sum(rows) * shape.key_dim;
    const double keys = rows.replicas * product(shape.slots, shape.key_dim);
    Work work{.operations = n * (4 * shape.key_dim + 4),
              .read = 2 * n + queries + keys,
              .written = n,
              .added_to = keys};
    work += gradient(dquery_write, queries);
    add("address_softmax_backward", work);
}

std::size_t WorkCounter::memory_scan_checkpoint_size(const MemoryScanShape& shape, int steps,
                                                     int sequences) const {
    return kernels::memory_scan_checkpoint_size(shape, steps, sequences);
}

// An element of the memory counts 6 operations a step: read 2, write 4. The checkpoints that
// forward writes and backward reads count as its arrays. erase and add have at most a row a step.
void WorkCounter::memory_scan_forward(Rows sequences, Rows steps, const MemoryScanShape& shape,
                                      const MemoryScanInput<float>& in, Out, Out kept) {
    const double memory = product(shape.slots, shape.value_dim), n = sum(steps);
    add("memory_scan_forward",
        {.operations = 6 * n * memory,
         .read = n * (shape.slots + 2 * shape.value_dim + (in.value_row ? 2 : 1)) +
                 sequences.replicas * (memory + 1) + sum(sequences),
         .written =
             n * shape.value_dim + present(kept, checkpoints(sequences, shape, in.offsets))});
}

// 16 a step and element of the memory: 4 for its value anew, then 12 for the gradients (address 4,
// erase 2, add 1, memory 2, and 3 that they share).
void WorkCounter::memory_scan_backward(Rows sequences, Rows steps, Rows address_rows,
                                       Rows value_rows, const MemoryScanShape& shape,
                                       const MemoryScanInput<float>& in, In, In,
                                       const MemoryScanGradient<float>&) {
    const double memory = product(shape.slots, shape.value_dim), n = sum(steps);
    const double rows = sum(address_rows) * shape.slots + 2 * sum(value_rows) * shape.value_dim;
    add("memory_scan_backward",
        {.operations = 16 * n * memory,
         .read = rows + n * (shape.value_dim + (in.value_row ? 2 : 1)) + sequences.replicas +
                 sum(sequences) + checkpoints(sequences, shape, in.offsets),
         .written = rows,
         .added_to = sequences.replicas * memory});
}

// 4 F + 3 K a step: two dot products, softplus, logits.
void WorkCounter::gpcm_head_forward(Rows steps, const GpcmHeadShape& shape,
                                    const GpcmHeadInput<float>&, const GpcmHeadOutput<float>&) {
    const double n = sum(steps);
    add("gpcm_head_forward", {.operations = n * (4 * shape.features + 3 * shape.categories),
                              .read = n * (shape.features + shape.categories + 1) +
                                      product(steps.replicas, 2 * shape.features + 2),
                              .written = n * (shape.categories + 2)});
}

// 8 K + 10 a step: log-softmax and softmax 6 K, the confusion matrix and smoothing 2 K,
// cross-entropy and focal loss 10.
void WorkCounter::ordinal_statistics(Rows steps, int categories, const OrdinalLoss*, In, RowIndex,
                                     PerReplica<double>) {
    const double n = sum(steps);
    add("ordinal_statistics", {.operations = n * (8 * categories + 10),
                               .read = n * (categories + 1),
                               .written = statistics(steps.replicas, categories)});
}

// 7 F + 21 K + 10 a step: softmax anew 6 K, gradients of logits and thresholds 15 K, those of h and
// of both weight vectors 7 F, softplus and focal loss 10.
void WorkCounter::gpcm_head_backward(Rows steps, Rows questions, const GpcmHeadShape& shape,
                                     const OrdinalLoss*, PerReplica<const double>,
                                     const GpcmHeadInput<float>&,
                                     const GpcmHeadOutput<const float>&, RowIndex,
                                     const GpcmHeadGradient<float>&) {
    const double n = sum(steps), of_questions = sum(questions) * shape.categories;
    const double weights = product(steps.replicas, 2 * shape.features + 2);
    add("gpcm_head_backward", {.operations = n * (7 * shape.features + 21 * shape.categories + 10),
                               .read = n * (shape.features + shape.categories + 4) + weights +
                                       of_questions + statistics(steps.replicas, shape.categories),
                               .written = n * shape.features + of_questions,
                               .added_to = weights});
}

}  // namespace manygpcm::kernels
