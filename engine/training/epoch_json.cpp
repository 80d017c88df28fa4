// The inverse takes what anybody may have written: each number is checked.
#include "manygpcm/engine/detail/epoch_json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "manygpcm/engine/detail/json_numbers.h"
#include "manygpcm/engine/detail/metrics_json.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

}  // namespace

Json epoch_to_json(const EpochResult& epoch) {
    Json result = to_json(epoch.validation);
    result["train_loss"] = number_to_json(epoch.train_loss);
    result["lr"] = epoch.lr;
    result["seconds"] = epoch.seconds;
    result["skipped_steps"] = epoch.skipped_steps;
    return result;
}

EpochResult epoch_from_json(const Json& json, int number_of_epoch) {
    try {
        return {.epoch = number_of_epoch,
                .train_loss = number_in(json.at("train_loss")),
                .lr = number_in(json.at("lr")),
                .seconds = number_in(json.at("seconds")),
                .skipped_steps = whole_number_in<int>(json.at("skipped_steps"), 0),
                .validation = metrics_from_json(json)};
    } catch (const Json::exception& error) {
        throw std::invalid_argument(plain_words(error));
    }
}

}  // namespace manygpcm
