// The module manygpcm._core: the C interface for Python. Arguments and results are plain: arrays of
// NumPy, texts of JSON; the package around it (python/manygpcm) is what users see.
#include <manygpcm.h>
#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace py = pybind11;

namespace {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct Interrupted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// @throws what the status stands for, with the words of the thread's last error
void check(manygpcm_status status) {
    switch (status) {
        case MANYGPCM_OK:
            return;
        case MANYGPCM_BAD_INPUT:
            throw InputError(manygpcm_last_error());
        case MANYGPCM_INTERRUPTED:
            throw Interrupted(manygpcm_last_error());
        case MANYGPCM_OUT_OF_MEMORY:
            throw std::bad_alloc();
        case MANYGPCM_ERROR:
            break;
    }
    throw Error(manygpcm_last_error());
}

template <class Handle, void (*Free)(Handle*)>
struct Freed {
    void operator()(Handle* handle) const { Free(handle); }
};
template <class Handle, void (*Free)(Handle*)>
using Owned = std::unique_ptr<Handle, Freed<Handle, Free>>;

using Context = Owned<manygpcm_context, manygpcm_context_free>;
using DatasetHandle = Owned<manygpcm_dataset, manygpcm_dataset_free>;
using ModelHandle = Owned<manygpcm_model, manygpcm_model_free>;
using StudyHandle = Owned<manygpcm_study, manygpcm_study_free>;
using Text = Owned<char, manygpcm_text_free>;

// What Python holds.
struct Dataset {
    DatasetHandle handle;
};
struct Model {
    ModelHandle handle;
};
struct Study {
    StudyHandle handle;
};

/// `Owned` made by a function with a last argument `Handle**`.
template <class Made, class Function, class... Arguments>
Made made_by(Function function, Arguments... arguments) {
    typename Made::pointer handle = nullptr;
    const manygpcm_status status = function(arguments..., &handle);
    Made made(handle);  // of a sweep that was stopped, too
    check(status);
    return made;
}

std::string text_of(const Text& text) {
    return text.get();
}

/// What a call runs on and whom it tells: as Python has it.
struct Call {
    std::optional<int> threads;
    std::string device;
    py::object on_progress;  ///< called with a dict; anything but None or True stops the work
    py::object on_notice;    ///< called with a line
};

/// The calls that run. A thread that asks for the interpreter when that is being finalized is ended
/// by it, through frames of C++ that can't let this pass. So before it is, all calls are stopped
/// and waited for, while they still get it. Touched with the GIL.
class RunningCalls {
  public:
    /// @throws Interrupted where the interpreter ends
    void add(manygpcm_context* context) {
        if (ending_) throw Interrupted("the interpreter ends; expected no more calls");
        contexts_.insert(context);
    }
    void remove(manygpcm_context* context) { contexts_.erase(context); }

    /// At the interpreter's exit.
    void end() {
        ending_ = true;
        for (manygpcm_context* context : contexts_)
            manygpcm_stop(context);
        while (!contexts_.empty()) {
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
            const py::gil_scoped_release released;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    /// In a fork's child, whose parent's the threads are that run them.
    void forget() { contexts_.clear(); }

  private:
    std::set<manygpcm_context*> contexts_;
    bool ending_ = false;
};
RunningCalls running_calls;

struct RunningCall {
    explicit RunningCall(manygpcm_context* of) : context(of) { running_calls.add(context); }
    RunningCall(const RunningCall&) = delete;
    RunningCall& operator=(const RunningCall&) = delete;
    ~RunningCall() { running_calls.remove(context); }
    manygpcm_context* context;
};

/// Runs work of the C interface on a thread of its own, while the caller's looks for signals, so
/// that Ctrl-C ends it. What a callback throws ends it, too.
class Runner {
  public:
    explicit Runner(const Call& call)
        : call_(call), context_(made_by<Context>(manygpcm_context_create)) {
        if (call.threads) check(manygpcm_context_set_threads(context_.get(), *call.threads));
        check(manygpcm_context_set_device(context_.get(), call.device.c_str()));
        if (!call.on_progress.is_none())
            manygpcm_context_set_progress(context_.get(), &Runner::tell_progress, this);
        if (!call.on_notice.is_none())
            manygpcm_context_set_notice(context_.get(), &Runner::tell_notice, this);
    }

    /// @param work  of the context; its result is returned
    template <class Work>
    auto run(const Work& work) {
        const RunningCall running(context_.get());
        auto result = std::async(std::launch::async, [&] { return work(context_.get()); });
        bool interrupted = false;
        {
            const py::gil_scoped_release released;
            while (result.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) {
                const py::gil_scoped_acquire acquired;
                if (!interrupted && PyErr_CheckSignals() != 0) {
                    interrupted = true;
                    thrown_ = std::make_exception_ptr(py::error_already_set());
                    manygpcm_stop(context_.get());
                }
            }
        }
        try {
            auto done = result.get();
            if (thrown_) std::rethrow_exception(thrown_);
            return done;
        } catch (const Interrupted&) {
            if (thrown_) std::rethrow_exception(thrown_);
            throw;
        }
    }

  private:
    static int tell_progress(const manygpcm_progress* progress, void* self) {
        return static_cast<Runner*>(self)->guarded([&](const Call& call) {
            const auto known = [](double value) -> py::object {
                return value == value ? py::object(py::float_(value)) : py::object(py::none());
            };
            py::dict state;
            state["fraction"] = progress->fraction;
            state["seconds_elapsed"] = progress->seconds_elapsed;
            state["seconds_left"] = known(progress->seconds_left);
            state["epochs_done"] = progress->epochs_done;
            state["epochs"] = progress->epochs;
            state["trials_done"] = progress->trials_done;
            state["trials"] = progress->trials;
            state["best_score"] = known(progress->best_score);
            const py::object answer = call.on_progress(state);
            return answer.is_none() || py::bool_(answer);  // as Python has it: whether it is true
        });
    }

    static void tell_notice(const char* line, void* self) {
        static_cast<Runner*>(self)->guarded([&](const Call& call) {
            call.on_notice(line);
            return true;
        });
    }

    /// @return 0 to go on; what `tell` throws is kept for run()
    template <class Tell>
    int guarded(const Tell& tell) {
        const py::gil_scoped_acquire acquired;
        try {
            if (tell(call_)) return 0;
        } catch (...) {  // no thread's end by the interpreter, which waits for the call
            if (!thrown_) thrown_ = std::current_exception();
            manygpcm_stop(context_.get());
        }
        return 1;
    }

    const Call& call_;
    Context context_;
    std::exception_ptr thrown_;  // touched with the GIL
};

/// A one-dimensional array of whole numbers, of any of the types that the C interface takes; else
/// InputError.
manygpcm_array array_of(const py::array& array, const char* name) {
    if (array.ndim() != 1)
        throw InputError(std::string(name) + ": an array of " + std::to_string(array.ndim()) +
                         " dimensions; expected one");
    manygpcm_type type;
    if (py::isinstance<py::array_t<std::int32_t>>(array))
        type = MANYGPCM_INT32;
    else if (py::isinstance<py::array_t<std::int64_t>>(array))
        type = MANYGPCM_INT64;
    else if (py::isinstance<py::array_t<float>>(array))
        type = MANYGPCM_FLOAT32;
    else if (py::isinstance<py::array_t<double>>(array))
        type = MANYGPCM_FLOAT64;
    else
        throw InputError(std::string(name) + ": an array of " +
                         std::string(py::str(array.dtype())) +
                         "; expected int32, int64, float32 or float64");
    return {array.data(), type, array.shape(0), array.strides(0)};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    for (const std::string& text : texts)
        pointers.push_back(text.c_str());
    return pointers;
}

manygpcm_part part_of(bool test) {
    return test ? MANYGPCM_TEST : MANYGPCM_TRAIN;
}

/// Learners by number and name, as the C interface takes them.
class LearnerTexts {
  public:
    LearnerTexts(const py::array_t<std::int64_t>& numbers, const std::vector<std::string>& names) {
        const auto number = numbers.unchecked<1>();
        for (py::ssize_t i = 0; i < number.shape(0); ++i)
            texts_.push_back(names.at(static_cast<std::size_t>(number(i))).c_str());
    }

    manygpcm_array array() const {
        return {texts_.data(), MANYGPCM_TEXT, static_cast<std::int64_t>(texts_.size()),
                sizeof(const char*)};
    }

  private:
    std::vector<const char*> texts_;
};

Dataset create_dataset(const std::string& name, std::int64_t n_questions, std::int64_t n_categories,
                       const py::array_t<std::int64_t>& learner,
                       const std::vector<std::string>& learner_names, const py::array& question,
                       const py::array& response, const std::vector<std::string>& question_names) {
    const LearnerTexts learners(learner, learner_names);
    Dataset dataset{made_by<DatasetHandle>(
        manygpcm_dataset_create, name.c_str(), n_questions, n_categories, learners.array(),
        array_of(question, "question"), array_of(response, "response"))};
    if (!question_names.empty())
        check(manygpcm_dataset_name_questions(dataset.handle.get(),
                                              pointers_to(question_names).data(),
                                              static_cast<std::int64_t>(question_names.size())));
    return dataset;
}

manygpcm_shape shape_of(const Dataset& dataset) {
    manygpcm_shape shape{};
    check(manygpcm_dataset_shape(dataset.handle.get(), &shape));
    return shape;
}

py::dict shape_as_dict(const Dataset& dataset) {
    const manygpcm_shape shape = shape_of(dataset);
    py::dict result;
    result["n_questions"] = shape.n_questions;
    result["n_categories"] = shape.n_categories;
    result["n_learners"] = shape.n_learners;
    result["n_responses"] = shape.n_responses;
    result["n_test_learners"] = shape.n_test_learners;
    result["n_test_responses"] = shape.n_test_responses;
    return result;
}

/// @return the learners' ids, and for each response the number of its learner among them, its
/// question and its category
py::tuple responses(const Dataset& dataset, bool test) {
    const manygpcm_shape shape = shape_of(dataset);
    const py::ssize_t n = test ? shape.n_test_responses : shape.n_responses;
    py::array_t<std::int32_t> learner(n), question(n), response(n);
    check(manygpcm_dataset_responses(dataset.handle.get(), part_of(test), learner.mutable_data(),
                                     question.mutable_data(), response.mutable_data()));
    py::list ids;
    for (std::int64_t i = 0; i < (test ? shape.n_test_learners : shape.n_learners); ++i) {
        const char* id = nullptr;
        check(manygpcm_dataset_learner(dataset.handle.get(), part_of(test), i, &id));
        // What a file has need not be UTF-8.
        ids.append(
            py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(id, std::strlen(id), "replace")));
    }
    return py::make_tuple(ids, learner, question, response);
}

struct ModelShape {
    std::int64_t questions = 0, categories = 0;
};

ModelShape shape_of(const Model& model) {
    ModelShape shape;
    check(manygpcm_model_shape(model.handle.get(), &shape.questions, &shape.categories));
    return shape;
}

std::int64_t learners_in(const Dataset& dataset, bool test) {
    const manygpcm_shape shape = shape_of(dataset);
    return test ? shape.n_test_learners : shape.n_learners;
}

py::dict predict(const Model& model, const Dataset& dataset, bool test, const Call& call) {
    const manygpcm_shape shape = shape_of(dataset);
    const std::int64_t n = test ? shape.n_test_responses : shape.n_responses;
    py::array_t<float> probabilities({n, shape_of(model).categories}), ability(n),
        discrimination(n);
    float* const p = probabilities.mutable_data();
    float* const theta = ability.mutable_data();
    float* const alpha = discrimination.mutable_data();
    Runner(call).run([&](manygpcm_context* context) {
        check(manygpcm_predict(context, model.handle.get(), dataset.handle.get(), part_of(test), p,
                               theta, alpha));
        return 0;
    });
    py::dict result;
    result["probabilities"] = probabilities;
    result["ability"] = ability;
    result["discrimination"] = discrimination;
    return result;
}

/// Arrays [learners, questions] of what is said of each next question, with [.., K] probabilities.
py::dict predict_next(const Model& model, const Dataset& dataset, bool test, const Call& call) {
    const std::int64_t learners = learners_in(dataset, test);
    const auto [questions, categories] = shape_of(model);
    struct To {
        std::int64_t questions, categories;
        float *probabilities, *ability, *deviation;

        void take(const manygpcm_next_questions& next) const {
            const std::int64_t row = next.learner * questions + next.first_question;
            std::copy_n(next.probabilities, next.n_questions * categories,
                        probabilities + row * categories);
            std::copy_n(next.ability, next.n_questions, ability + row);
            if (next.ability_deviation)
                std::copy_n(next.ability_deviation, next.n_questions, deviation + row);
            else
                std::fill_n(deviation + row, next.n_questions,
                            std::numeric_limits<float>::quiet_NaN());
        }
    };
    py::array_t<float> probabilities({learners, questions, categories}),
        ability({learners, questions}), deviation({learners, questions});
    To to{questions, categories, probabilities.mutable_data(), ability.mutable_data(),
          deviation.mutable_data()};
    Runner(call).run([&](manygpcm_context* context) {
        const auto take = [](const manygpcm_next_questions* next, void* all) {
            static_cast<const To*>(all)->take(*next);
            return 0;
        };
        check(manygpcm_predict_next(context, model.handle.get(), dataset.handle.get(),
                                    part_of(test), take, &to));
        return 0;
    });
    py::dict result;
    result["probabilities"] = probabilities;
    result["ability"] = ability.reshape({learners * questions});
    result["ability_sd"] = deviation.reshape({learners * questions});
    return result;
}

py::tuple abilities(const Model& model, const Dataset& dataset, bool test, const Call& call) {
    const std::int64_t learners = learners_in(dataset, test);
    py::array_t<double> ability(learners), deviation(learners);
    double* const mean = ability.mutable_data();
    double* const spread = deviation.mutable_data();
    Runner(call).run([&](manygpcm_context* context) {
        check(manygpcm_abilities(context, model.handle.get(), dataset.handle.get(), part_of(test),
                                 mean, spread));
        return 0;
    });
    return py::make_tuple(ability, deviation);
}

std::string items(const Model& model, const Call& call) {
    return Runner(call).run([&](manygpcm_context* context) {
        return text_of(made_by<Text>(manygpcm_item_table, context, model.handle.get()));
    });
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "manygpcm's C interface";
    py::register_exception<Error>(module, "Error", PyExc_RuntimeError);
    py::register_exception<InputError>(module, "InputError", PyExc_ValueError);
    py::register_exception<Interrupted>(module, "Interrupted", PyExc_RuntimeError);

    module.def("version", &manygpcm_version);
    py::module_::import("atexit").attr("register")(py::cpp_function([] { running_calls.end(); }));
    py::module_::import("os").attr("register_at_fork")(
        py::arg("after_in_child") = py::cpp_function([] { running_calls.forget(); }));

    py::class_<Call>(module, "Call")
        .def(py::init([](std::optional<int> threads, std::string device, py::object on_progress,
                         py::object on_notice) {
                 return Call{threads, std::move(device), std::move(on_progress),
                             std::move(on_notice)};
             }),
             py::arg("threads") = py::none(), py::arg("device") = "cpu",
             py::arg("on_progress") = py::none(), py::arg("on_notice") = py::none());

    py::class_<Dataset>(module, "Dataset")
        .def_static(
            "read",
            [](const std::string& path, const Call& call) {
                return Dataset{Runner(call).run([&](manygpcm_context* context) {
                    return made_by<DatasetHandle>(manygpcm_dataset_read, context, path.c_str());
                })};
            },
            py::arg("path"), py::arg("call"))
        .def_static(
            "read_for",
            [](const Model& model, const std::string& path, const Call& call) {
                return Dataset{Runner(call).run([&](manygpcm_context* context) {
                    return made_by<DatasetHandle>(manygpcm_dataset_read_for, context,
                                                  model.handle.get(), path.c_str());
                })};
            },
            py::arg("model"), py::arg("path"), py::arg("call"))
        .def_static("create", &create_dataset, py::arg("name"), py::arg("n_questions"),
                    py::arg("n_categories"), py::arg("learner"), py::arg("learner_names"),
                    py::arg("question"), py::arg("response"),
                    py::arg("question_names") = std::vector<std::string>())
        .def_static(
            "create_for",
            [](const Model& model, const std::string& name,
               const py::array_t<std::int64_t>& learner,
               const std::vector<std::string>& learner_names, const py::array& question,
               const py::array& response) {
                const LearnerTexts learners(learner, learner_names);
                return Dataset{made_by<DatasetHandle>(
                    manygpcm_dataset_create_for, model.handle.get(), name.c_str(), learners.array(),
                    array_of(question, "question"), array_of(response, "response"))};
            },
            py::arg("model"), py::arg("name"), py::arg("learner"), py::arg("learner_names"),
            py::arg("question"), py::arg("response"))
        .def(
            "hold_out",
            [](Dataset& dataset, const py::array_t<std::int64_t>& learner,
               const std::vector<std::string>& learner_names, const py::array& question,
               const py::array& response) {
                const LearnerTexts learners(learner, learner_names);
                check(manygpcm_dataset_hold_out(dataset.handle.get(), learners.array(),
                                                array_of(question, "question"),
                                                array_of(response, "response")));
            },
            py::arg("learner"), py::arg("learner_names"), py::arg("question"), py::arg("response"))
        .def("describe",
             [](const Dataset& dataset) {
                 return text_of(made_by<Text>(manygpcm_dataset_describe, dataset.handle.get()));
             })
        .def("shape", &shape_as_dict)
        .def("responses", &responses, py::arg("test"));

    py::class_<Model>(module, "Model")
        .def_static(
            "train",
            [](const Dataset& dataset, const std::string& configuration, const Call& call) {
                return Model{Runner(call).run([&](manygpcm_context* context) {
                    return made_by<ModelHandle>(manygpcm_train, context, dataset.handle.get(),
                                                configuration.c_str());
                })};
            },
            py::arg("dataset"), py::arg("configuration"), py::arg("call"))
        .def_static(
            "load",
            [](const std::string& path) {
                return Model{made_by<ModelHandle>(manygpcm_model_load, path.c_str())};
            },
            py::arg("path"))
        .def(
            "save",
            [](const Model& model, const std::string& path) {
                check(manygpcm_model_save(model.handle.get(), path.c_str()));
            },
            py::arg("path"))
        .def("describe",
             [](const Model& model) {
                 return text_of(made_by<Text>(manygpcm_model_describe, model.handle.get()));
             })
        .def("predict", &predict, py::arg("dataset"), py::arg("test"), py::arg("call"))
        .def(
            "evaluate",
            [](const Model& model, const Dataset& dataset, bool test, const Call& call) {
                return text_of(Runner(call).run([&](manygpcm_context* context) {
                    return made_by<Text>(manygpcm_evaluate, context, model.handle.get(),
                                         dataset.handle.get(), part_of(test));
                }));
            },
            py::arg("dataset"), py::arg("test"), py::arg("call"))
        .def("predict_next", &predict_next, py::arg("dataset"), py::arg("test"), py::arg("call"))
        .def("abilities", &abilities, py::arg("dataset"), py::arg("test"), py::arg("call"))
        .def("items", &items, py::arg("call"));

    module.def(
        "crossvalidate",
        [](const Dataset& dataset, const std::string& configuration, const Call& call) {
            return text_of(Runner(call).run([&](manygpcm_context* context) {
                return made_by<Text>(manygpcm_crossvalidate, context, dataset.handle.get(),
                                     configuration.c_str());
            }));
        },
        py::arg("dataset"), py::arg("configuration"), py::arg("call"));

    py::class_<Study>(module, "Study")
        .def_static(
            "sweep",
            [](const Dataset& dataset, const std::string& configuration, const Call& call) {
                return Study{Runner(call).run([&](manygpcm_context* context) {
                    return made_by<StudyHandle>(manygpcm_sweep, context, dataset.handle.get(),
                                                configuration.c_str());
                })};
            },
            py::arg("dataset"), py::arg("configuration"), py::arg("call"))
        .def_static(
            "read",
            [](const std::string& path, const std::optional<std::string>& name, const Call& call) {
                return Study{Runner(call).run([&](manygpcm_context* context) {
                    return made_by<StudyHandle>(manygpcm_study_read, context, path.c_str(),
                                                name ? name->c_str() : nullptr);
                })};
            },
            py::arg("path"), py::arg("name"), py::arg("call"))
        .def(
            "analysis",
            [](const Study& study, const Call& call) {
                return text_of(Runner(call).run([&](manygpcm_context* context) {
                    return made_by<Text>(manygpcm_study_analysis, context, study.handle.get());
                }));
            },
            py::arg("call"))
        .def("winner",
             [](const Study& study) {
                 return Model{made_by<ModelHandle>(manygpcm_study_winner, study.handle.get())};
             })
        .def(
            "report",
            [](const Study& study, const std::string& directory, const Call& call) {
                Runner(call).run([&](manygpcm_context* context) {
                    check(manygpcm_report(context, study.handle.get(), directory.c_str()));
                    return 0;
                });
            },
            py::arg("directory"), py::arg("call"));
}
