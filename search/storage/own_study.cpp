// Which trials are the search's, where they are in the space, what their folds came to.
#include "storage/own_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "manygpcm/engine/detail/epoch_json.h"
#include "manygpcm/engine/detail/time_text.h"
#include "storage/study_attributes.h"

namespace manygpcm::search {
namespace {

using nlohmann::json;

constexpr int most_folds = 10'000;  // more are no sweep's, and would ask for memory

/// The values of the trial's parameters as far as the space has them; the point, if that is all.
Point point_of(const StoredTrial& trial, const Space& space) {
    Point point;
    for (const Parameter& parameter : space.parameters()) {
        const auto stored = trial.parameters.find(parameter.name);
        if (stored == trial.parameters.end()) continue;
        if (const auto value = value_from_external(parameter, stored->second.value))
            point[parameter.name] = *value;
    }
    return space.settled(std::move(point));
}

/// The fold that an attribute has an epoch of.
std::optional<int> fold_of(const std::string& key) {
    const std::string before = std::string(attribute_prefix) + "fold_";
    if (!key.starts_with(before)) return std::nullopt;
    int fold = 0;
    const char* const end = key.data() + key.size();
    const auto number = std::from_chars(key.data() + before.size(), end, fold);
    const std::string_view behind(number.ptr, end);
    if (number.ec != std::errc() || fold < 0 || !behind.starts_with("_epoch_")) return std::nullopt;
    return fold;
}

std::string text_or_empty(const std::map<std::string, Attribute>& attributes,
                          const std::string& key) {
    const auto found = attributes.find(key);
    if (found == attributes.end()) return "";
    const json value = json::parse(found->second.json, nullptr, false);
    return value.is_string() ? value.get<std::string>() : "";
}

std::optional<Origin> origin_of(const StoredTrial& trial) {
    const auto word =
        std::ranges::find(origin_words, text_or_empty(trial.user_attrs, origin_attribute));
    if (word == origin_words.end()) return std::nullopt;
    return static_cast<Origin>(word - origin_words.begin());
}

/// As the search counts: complete with every epoch on every fold alone, whatever somebody else may
/// have ended it with.
TrialState state_of(const StoredTrial& stored, const Trial& trial, int epochs) {
    if (stored.state != TrialState::complete || trial.epochs() >= epochs) return stored.state;
    return trial.epochs() > 0 ? TrialState::pruned : TrialState::failed;
}

}  // namespace

OwnStudy::OwnStudy(ReplayedLog& log, int id) : log_(log), id_(id) {
    study_.n_folds = 0;  // not known yet
    read_attributes();
    for (const int trial : stored().trials)
        add(trial);
    std::ranges::sort(joined_);
    for (const auto& [line, number] : joined_)
        study_.begun.push_back(number);
}

void OwnStudy::read_attributes() {
    attributes_changed_ = false;
    const StoredStudy& there = stored();
    try {
        Study read = study_from_attributes(there.user_attrs);
        const int folds = study_.n_folds > 0 ? study_.n_folds : read.n_folds;
        if (read.n_folds < 1 || read.n_folds > most_folds || read.n_folds != folds)
            throw BadAttribute("folds", fmt::format("{}", read.n_folds));
        read.trials = std::move(study_.trials);
        read.begun = std::move(study_.begun);
        study_ = std::move(read);
    } catch (const BadAttribute& error) {
        throw log_.error_in(there.name, there.attribute_lines, error.attribute, error.what());
    }
}

void OwnStudy::take_in(const Change& change) {
    if (change.study == id_ && !change.trial) attributes_changed_ = true;
    if (!change.trial) return;
    const auto& trials = log_.replay.trials();
    const auto id = static_cast<std::size_t>(*change.trial);
    if (id >= trials.size() || trials[id].study != id_) return;
    const std::size_t joined = joined_.size();
    if (trials[id].number == static_cast<int>(study_.trials.size())) {
        add(*change.trial);
    } else {
        if (const auto fold = fold_of(change.attribute)) read_epochs(*change.trial, *fold);
        update(*change.trial);
    }
    if (joined_.size() > joined) study_.begun.push_back(trials[id].number);
}

const Study& OwnStudy::study() {
    if (attributes_changed_) read_attributes();
    return study_;
}

void OwnStudy::add(int id) {
    const StoredTrial& there = log_.replay.trials()[static_cast<std::size_t>(id)];
    study_.trials.push_back(
        {.number = there.number,
         .point = {},
         .folds = std::vector<std::vector<EpochResult>>(static_cast<std::size_t>(study_.n_folds)),
         .objective = &study_.metric()});
    begun_.push_back(false);
    std::set<int> folds;
    for (const auto& [key, attribute] : there.system_attrs)
        if (const auto fold = fold_of(key)) folds.insert(*fold);
    for (const int fold : folds)
        read_epochs(id, fold);
    update(id);
}

/// Those that follow what the fold has: an epoch that is on record doesn't change any more.
void OwnStudy::read_epochs(int id, int fold) {
    if (fold < 0 || fold >= study_.n_folds) return;
    const StoredTrial& there = log_.replay.trials()[static_cast<std::size_t>(id)];
    auto& epochs =
        study_.trials[static_cast<std::size_t>(there.number)].folds[static_cast<std::size_t>(fold)];
    for (;;) {
        const int epoch = static_cast<int>(epochs.size()) + 1;
        const std::string key = epoch_key(fold, epoch);
        const auto attribute = log_.replay.take_system_attribute(id, key);
        if (!attribute) return;
        try {
            epochs.push_back(epoch_from_json(json::parse(attribute->json), epoch));
        } catch (const std::invalid_argument& error) {
            throw log_.error_at(attribute->line, stored().name,
                                BadAttribute(key, error.what()).what());
        }
    }
}

void OwnStudy::update(int id) {
    const StoredTrial& there = log_.replay.trials()[static_cast<std::size_t>(id)];
    Trial& trial = study_.trials[static_cast<std::size_t>(there.number)];
    trial.state = state_of(there, trial, study_.epochs);
    trial.failure = text_or_empty(there.user_attrs, failure_attribute);
    trial.origin = origin_of(there);
    trial.began = parse_time(there.started);
    trial.ended = parse_time(there.completed);
    trial.fold_failures.resize(trial.folds.size());
    for (std::size_t fold = 0; fold < trial.folds.size(); ++fold)
        trial.fold_failures[fold] =
            text_or_empty(there.system_attrs, fold_failure_key(static_cast<int>(fold)));
    if (trial.point.size() < study_.space.parameters().size())
        trial.point = point_of(there, study_.space);
    const auto worker = there.system_attrs.find(worker_attribute);
    const bool begun = worker != there.system_attrs.end() &&
                       trial.point.size() == study_.space.parameters().size();
    if (begun && !begun_[static_cast<std::size_t>(there.number)]) {
        begun_[static_cast<std::size_t>(there.number)] = true;
        joined_.emplace_back(worker->second.first_line, there.number);
    }
    if (!begun && there.state == TrialState::waiting)
        enqueued_.insert(there.number);
    else
        enqueued_.erase(there.number);
}

}  // namespace manygpcm::search
