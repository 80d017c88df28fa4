#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct AddressSoftmax {
    AddressShape shape;
    Write write = Write::replace;
    std::vector<int> rows = {7, 4};

    int replicas() const { return 2; }
    Sizes inputs(int r) const {
        return {product(rows[static_cast<std::size_t>(r)], shape.key_dim),
                product(shape.slots, shape.key_dim)};
    }
    Sizes outputs(int r) const { return {product(rows[static_cast<std::size_t>(r)], shape.slots)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {write == Write::add, true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(AddressSoftmaxForward<T>{rows_of(rows, range), shape, in[0], in[1], out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>& out, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(AddressSoftmaxBackward<T>{rows_of(rows, range), shape, in[0], in[1], out[0],
                                          dout[0], din[0], write, din[1]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> address;
        for (int i = 0; i < rows[0]; ++i) {
            std::vector<double> e;
            double sum = 0;
            for (int s = 0; s < shape.slots; ++s) {
                double score = 0;
                for (int c = 0; c < shape.key_dim; ++c)
                    score += at(in[0], i, shape.key_dim, c) * at(in[1], s, shape.key_dim, c);
                e.push_back(std::exp(score));
                sum += e.back();
            }
            for (double x : e)
                address.push_back(x / sum);
        }
        return {address};
    }
};

TEST(AddressSoftmax, EveryNumberOfSlots) {
    for (int slots : odd_widths)
        for (Write write : {Write::replace, Write::add})
            check_operation(AddressSoftmax{{.slots = slots, .key_dim = 4}, write});
}

TEST(AddressSoftmax, EveryKeyWidth) {
    for (int key_dim : odd_widths)
        check_operation(AddressSoftmax{{.slots = 5, .key_dim = key_dim}});
}

TEST(AddressSoftmax, HugeScoresStayFinite) {
    const AddressSoftmax operation{{.slots = 20, .key_dim = 4}};
    Pass<float> pass(operation);
    for (std::size_t i = 0; i < operation.inputs(0)[0]; ++i)
        pass.in[0].values[i] *= 1e5f;
    pass.forward(operation, {0, 1});
    pass.backward(operation, {0, 1});
    for (const Storage<float>& array : {pass.out[0], pass.din[0], pass.din[1]})
        for (double x : array.replica(0))
            EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
