// Finds where in a file a question or category stands.
#include "data/learner_file.h"

namespace manygpcm {

Place place_of(std::int32_t value, const LearnerFile& file,
               std::vector<std::int32_t> Learner::*member) {
    Place place;
    for (std::size_t i = 0; i < file.learners.size(); ++i) {
        const std::vector<std::int32_t>& values = file.learners[i].*member;
        for (std::size_t t = 0; t < values.size(); ++t) {
            if (values[t] != value || (place.n++ > 0 && file.lines[i][t] >= place.line)) continue;
            place.line = file.lines[i][t];
            place.learner = file.learners[i].id;
        }
    }
    return place;
}

}  // namespace manygpcm
