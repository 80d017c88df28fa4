// The command line itself: help, versions, and everything that is wrong before a file is read.
#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

const std::vector<std::string> commands = {"simulate", "convert", "train",  "predict", "items",
                                           "sweep",    "report",  "doctor", "profile"};

TEST(Usage, EveryCommandHasHelpAndVersion) {
    for (const std::string& command : commands) {
        const Outcome help = run({command, "--help"});
        EXPECT_EQ(help.code, 0) << command;
        EXPECT_EQ(help.err, "") << command;
        for (const char* option : {"--help", "--quiet", "--version"})
            EXPECT_NE(help.out.find(option), std::string::npos) << command << ' ' << option;
        EXPECT_EQ(run({command, "--version"}).out, run({"--version"}).out) << command;
    }
}

TEST(Usage, HelpIsAWordForTheOption) {
    EXPECT_EQ(run({"help", "train"}).out, run({"train", "--help"}).out);
    EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
    for (const char* word : {"help", "--help", "-h"})
        EXPECT_EQ(run({"help", word}).out, run({"--help"}).out) << word;
    for (const Arguments& arguments :
         {Arguments{"train", "--epochs", "--help"}, {"train", "--dta", "-h"}, {"--help", "train"}})
        EXPECT_EQ(run(arguments).out, run({"train", "--help"}).out) << arguments[1];
    expect_refused(run({"help", "fit"}), "no command or topic 'fit'");
    expect_refused(run({"help", "lr"}), "but help hyperparameters has it");
    expect_refused(run({"help", "train", "sweep"}), "train has no such option");
    expect_refused(run({"help", "train", "epochs", "folds"}), "'folds' is too much");
    expect_refused(run({"help", "data", "csv"}), "'csv' is too much");
}

TEST(Usage, HelpDescribesOneOption) {
    const std::string epochs = run({"help", "train", "--epochs"}).out;
    EXPECT_TRUE(epochs.starts_with("  --epochs E ")) << epochs;
    EXPECT_EQ(run({"help", "train", "epochs"}).out, epochs);
    EXPECT_NE(run({"train", "--help"}).out.find(epochs), std::string::npos);
    expect_refused(run({"help", "train", "--epoch"}), "(did you mean '--epochs'?)");
}

TEST(Usage, HelpFitsATerminalAndNamesNoTypes) {
    for (const std::string& command : commands) {
        const std::string help = run({"help", command}).out;
        EXPECT_TRUE(std::regex_search(help, std::regex("Usage: manygpcm " + command + " ")));
        for (const char* type : {"FLOAT", "INT", "TEXT", "UINT", "BOOLEAN", "{false}"})
            EXPECT_EQ(help.find(type), std::string::npos) << command << ' ' << type;
        std::istringstream lines(help);
        for (std::string line; std::getline(lines, line);)
            EXPECT_LE(line.size(), 100) << line;
    }
}

TEST(Usage, HelpHasTopics) {
    const std::string data = run({"help", "data"}).out;
    for (const char* words : {"student", "timestamp", "skill", "three lines a learner", "convert"})
        EXPECT_NE(data.find(words), std::string::npos) << words;
    const std::string hyperparameters = run({"help", "hyperparameters"}).out;
    const std::size_t residual =
        hyperparameters.find("\nOf residual_gpcm, too, whose defaults are ");
    ASSERT_NE(residual, std::string::npos) << hyperparameters;
    EXPECT_NE(hyperparameters.find("batch_size=16", residual), std::string::npos);
    EXPECT_NE(hyperparameters.find("\n  core ", residual), std::string::npos);
    EXPECT_LT(hyperparameters.find("\n  lr "), hyperparameters.find("\nOf deep_gpcm"));
    const std::string space = run({"help", "space"}).out;
    EXPECT_NE(space.find("of deep_gpcm, attn_gpcm_learn"), std::string::npos) << space;
    EXPECT_NE(space.find("0.001 to 0.02, uniform in the logarithm"), std::string::npos) << space;
    for (const char* command : {"train", "sweep"})
        EXPECT_NE(run({command, "--help"}).out.find("manygpcm help data"), std::string::npos);
    expect_refused(run({"help", "dat"}), "(did you mean 'data'?)");
}

TEST(Usage, HelpNamesEveryCommand) {
    const Outcome help = run({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const std::string& command : commands)
        EXPECT_NE(help.out.find(command), std::string::npos) << command;
}

TEST(Usage, HelpSaysHowTrialsAreNumbered) {
    for (const char* command : {"sweep", "report"})
        EXPECT_NE(run({command, "--help"}).out.find("Trials are numbered from 1"),
                  std::string::npos)
            << command;
}

// The options in `text` at the start of a line, after `before`.
std::set<std::string> options_in(const std::string& text, const std::string& before) {
    const std::regex option("(?:^|\n)" + before + "(--[a-z-]+)");
    std::set<std::string> options;
    for (std::sregex_iterator match(text.begin(), text.end(), option), end; match != end; ++match)
        options.insert((*match)[1]);
    return options;
}

// The reference's section on a command, up to the next section.
std::string section(const std::string& reference, const std::string& command) {
    const std::size_t begin = reference.find("\n## manygpcm " + command + "\n");
    EXPECT_NE(begin, std::string::npos) << command;
    return reference.substr(begin, reference.find("\n## ", begin + 1) - begin);
}

TEST(Usage, ReferenceAndHelpHaveTheSameOptions) {
    const std::string reference = content_of(MANYGPCM_DOCS "/cli.md");
    const std::set<std::string> common = {"--help", "--version", "--quiet"};
    const std::string introduction = reference.substr(0, reference.find("\n## "));
    for (const std::string& option : common)
        EXPECT_NE(introduction.find("`" + option + "`"), std::string::npos) << option;
    for (const std::string& command : commands) {
        std::set<std::string> documented = options_in(section(reference, command), R"(\| `)");
        documented.insert(common.begin(), common.end());
        EXPECT_EQ(options_in(run({command, "--help"}).out, "  (?:-h,)?"), documented) << command;
    }
}

TEST(Usage, RefusesUnknownCommands) {
    expect_refused(run({"fit"}), "'fit'");
    expect_refused(run({"trian"}), "no command 'trian' (did you mean 'train'?)");
    expect_refused(run({"fit"}),
                   "help, simulate, convert, train, predict, items, sweep, report, doctor, "
                   "profile");
    expect_refused(run({}), "no command");
    expect_refused(run({"TRAIN"}), "no command 'TRAIN' (did you mean 'train'?)");
    expect_refused(run({"version"}), "(did you mean '--version'?)");
    expect_refused(run({"--verson"}), "--verson: no such option (did you mean '--version'?)");
    expect_refused(run({"--quiet"}), "--quiet: expected a command before it");
    expect_refused(run({"--data", "d", "train"}), "--data: expected a command before it");
}

struct BadUsage {
    std::string name;
    Arguments arguments;
    std::string words;
};

class UsageRefused : public testing::TestWithParam<BadUsage> {};

TEST_P(UsageRefused, InOneLine) {
    expect_refused(run(GetParam().arguments), GetParam().words);
}

// The paths don't exist: what is refused here is refused before anything is read.
const Arguments train = {"train",    "--data", "nowhere", "--model", "deep_gpcm",
                         "--epochs", "1",      "--out",   "nowhere"};
const Arguments sweep = {"sweep",           "--data", "nowhere", "--model",
                         "attn_gpcm_learn", "--out",  "nowhere"};
const Arguments simulate = {"simulate", "--out", "nowhere"};

Arguments operator+(Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

INSTANTIATE_TEST_SUITE_P(
    Program, UsageRefused,
    testing::ValuesIn(std::vector<BadUsage>{
        {"NoData", {"train", "--model", "deep_gpcm", "--epochs", "1", "--out", "o"}, "--data"},
        {"NoModel", {"train", "--data", "d", "--epochs", "1", "--out", "o"}, "--model"},
        {"NoOut", {"sweep", "--data", "d", "--model", "deep_gpcm"}, "--out"},
        {"NoWeights", {"predict", "--data", "d", "--out", "o"}, "--weights"},
        {"EmptyOut", {"items", "--weights", "w", "--out", ""}, "--out"},
        {"EmptyOutAfterEquals", {"simulate", "--out="}, "--out=: expected DIR behind it"},
        {"EmptyData",
         {"train", "--data", "", "--model", "deep_gpcm", "--epochs", "1", "--out", "o"},
         "--data"},
        {"EmptyWeights", {"predict", "--weights", "", "--data", "d", "--out", "o"}, "--weights"},
        {"NoValue", {"items", "--weights", "w", "--out"}, "--out: expected FILE behind it"},
        {"OptionInPlaceOfAValue",
         {"predict", "--weights", "--data", "d", "--out", "o"},
         "--weights: expected FILE behind it, found --data"},
        {"ValueOfAFlag", train + Arguments{"--quiet=7"}, "--quiet=7: takes no value"},
        {"ValueOfANegatedFlag", simulate + Arguments{"--no-repeats=8"}, "takes no value"},
        {"SeveralMissing", {"train", "--model", "gpcm"}, "missing: --data PATH, --out DIR"},
        {"OneHyphen", train + Arguments{"-epochs", "3"}, "(did you mean '--epochs'?)"},
        {"OneLongDash", {"train", "—data", "d"}, "(did you mean '--data'?)"},
        {"NoHyphen", train + Arguments{"epochs", "3"}, "(did you mean '--epochs'?)"},
        {"AssignmentWithoutSet", train + Arguments{"lr=0.1"}, "expected --set lr=VALUE"},
        {"NoNumber", simulate + Arguments{"--growth", "much"},
         "--growth: expected a number from -10 to 10, found 'much'"},
        {"NumberOutOfRange", simulate + Arguments{"--base-sd", "nan"}, "from 0 to 10"},
        {"LongerThanThereAreQuestions",
         simulate + Arguments{"--questions", "20", "--length", "9:21", "--no-repeats"},
         "--length 9:21: more than the 20 of --questions"},
        {"UnknownOption", train + Arguments{"--trials", "3"}, "--trials"},
        {"MisspeltOption", train + Arguments{"--epoch", "3"},
         "--epoch: no such option (did you mean '--epochs'?)"},
        {"MisspeltOptionThatIsRequired",
         {"train", "--dta", "d"},
         "--dta: no such option (did you mean '--data'?)"},
        {"HyperparameterAsAnOption", train + Arguments{"--batch-size", "8"},
         "--batch-size: no such option; expected --set batch_size=VALUE"},
        {"MisspeltModel",
         {"train", "--data", "d", "--model", "deepgpcm", "--epochs", "1", "--out", "o"},
         "(did you mean 'deep_gpcm'?)"},
        {"MisspeltChoice", sweep + Arguments{"--sampler", "sobel"}, "(did you mean 'sobol'?)"},
        {"MisspeltObjective", sweep + Arguments{"--objective", "cross-entropy"},
         "(did you mean 'cross_entropy'?)"},
        {"SecondOfASetMisspelt", train + Arguments{"--set", "lr=0.1", "dropout_rat=0.2"},
         "dropout_rat=0.2: no such hyperparameter (did you mean 'dropout_rate'?)"},
        {"Positional", train + Arguments{"more"}, "more"},
        {"SuggestsHelp", {"train"}, "manygpcm train --help"},
        {"UnknownModel",
         {"train", "--data", "d", "--model", "dkvmn", "--epochs", "1", "--out", "o"},
         "--model=dkvmn: expected one of deep_gpcm, attn_gpcm_learn, attn_gpcm_linear"},
        {"UnknownModelInSweep",
         {"sweep", "--data", "d", "--model", "dkvmn", "--out", "o"},
         "deep_gpcm, attn_gpcm_learn, attn_gpcm_linear"},
        {"SetWithoutValue", train + Arguments{"--set", "lr", "0.01"},
         "--set lr: expected NAME=VALUE"},
        {"SetUnknown", train + Arguments{"--set", "learning_rate=0.1"}, "learning_rate"},
        {"SetNotANumber", train + Arguments{"--set", "lr=nan"}, "--set lr=nan"},
        {"SetText", train + Arguments{"--set", "memory_size=many"}, "memory_size=many"},
        {"SetEmpty", train + Arguments{"--set", "lr="}, "--set lr="},
        {"SetOutOfRange", train + Arguments{"--set", "dropout_rate=1.5"}, "dropout_rate=1.5"},
        {"SetNegative", train + Arguments{"--set", "batch_size=-1"}, "batch_size=-1"},
        {"SetModel", train + Arguments{"--set", "model=attn_gpcm_learn"}, "--model"},
        {"SetTwice", train + Arguments{"--set", "lr=0.1", "--set", "lr=0.2"}, "lr is set twice"},
        {"SetListsNoModel", train + Arguments{"--set", "learning_rate=0.1"},
         "expected one of attention, "},
        {"SetAllThatIsSearched",
         {"sweep", "--data", "d", "--model", "residual_gpcm", "--out", "o", "--set", "core=none",
          "dropout_rate=0.2", "batch_size=8", "lr=0.01", "weight_decay=0.1"},
         "leaves nothing to search"},
        {"AutoHasNothingPublished",
         {"sweep", "--data", "d", "--model", "auto", "--space", "published", "--out", "o"},
         "space published: was one of a single model"},
        {"SetSearchedOfOneModel",
         {"sweep", "--data", "d", "--model", "auto", "--set", "core=none", "--out", "o"},
         "core: model auto searches it"},
        {"AutoIsNoModelToTrain",
         {"train", "--data", "d", "--model", "auto", "--epochs", "1", "--out", "o"},
         "--model=auto: expected one of deep_gpcm"},
        {"SetUnknownInSweep", sweep + Arguments{"--set", "learning_rate=0.1"}, "learning_rate"},
        {"HeadsThatDontDivide",
         {"train", "--data", "d", "--model", "attn_gpcm_learn", "--epochs", "1", "--out", "o",
          "--set", "n_heads=3"},
         "n_heads=3"},
        {"ZeroEpochs",
         {"train", "--data", "d", "--model", "deep_gpcm", "--epochs", "0", "--out", "o"},
         "from 1 to"},
        {"OneFold", train + Arguments{"--folds", "1"}, "from 2 to"},
        {"ZeroTrials", sweep + Arguments{"--trials", "0"}, "from 1 to"},
        {"NegativeTrials", sweep + Arguments{"--trials", "-5"}, "'-5'"},
        {"HugeEpochs", sweep + Arguments{"--epochs", "99999999999999999999"}, "--epochs"},
        {"FractionalJobs", sweep + Arguments{"--jobs", "1.5"}, "'1.5'"},
        {"ZeroJobs", sweep + Arguments{"--jobs", "0"}, "--jobs"},
        {"NegativeSeed", sweep + Arguments{"--seed", "-1"}, "--seed"},
        {"UnknownSampler", sweep + Arguments{"--sampler", "grid"}, "random"},
        {"UnknownScheduler", sweep + Arguments{"--scheduler", "never"}, "fixed"},
        {"UnknownDevice", sweep + Arguments{"--device", "tpu"},
         "--device tpu: is no device; expected cpu, a GPU by its number (cuda:0, cuda:1, ...) or"},
        {"UnknownDeviceForTheDoctor", {"doctor", "--device", "cuda"}, "--device cuda: is no dev"},
        {"Tf32OnTheCpu", train + Arguments{"--device", "cpu", "--tf32"},
         "--tf32: acts on a GPU only and --device is cpu; expected --device cuda:0, or no --tf32"},
        {"StreamsOnTheCpu", sweep + Arguments{"--device", "cpu", "--streams", "4"},
         "--streams 4: acts on a GPU only and --device is cpu; expected --device cuda:0, or no "
         "--streams"},
        {"UnknownCvOn", sweep + Arguments{"--cv-on", "test"}, "train or all"},
        {"Twice", sweep + Arguments{"--trials", "2", "--trials=3"},
         "--trials 3: is given before, as '2'; expected it once"},
        {"LengthBackwards", simulate + Arguments{"--length", "20:10"}, "MIN:MAX"},
        {"LengthAlone", simulate + Arguments{"--length", "20"}, "MIN:MAX"},
        {"OneQuestion", simulate + Arguments{"--questions", "1"}, "--questions"},
        {"TooManyQuestions", simulate + Arguments{"--questions", "1000001"}, "from 2 to 1000000"},
        {"TooLong", simulate + Arguments{"--length", "1:1000001"}, "MAX <= 1000000"},
        {"OneCategory", simulate + Arguments{"--categories", "1"}, "--categories"},
    }),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace manygpcm::cli_test
