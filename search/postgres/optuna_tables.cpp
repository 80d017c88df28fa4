// optuna/storages/_rdb/models.py in SQL, and what Alembic adds.
#include "postgres/optuna_tables.h"

#include <fmt/format.h>

#include <string>

namespace manygpcm::search {
namespace {

constexpr int schema_version = 12;
// Of Optuna 3.2 to 5.0, and of 3.1, which lacks an index.
constexpr const char *alembic_version = "v3.2.0.a", *alembic_version_before = "v3.0.0.d";

// Processes that begin at once make the tables one after the other.
constexpr const char* one_at_a_time = "SELECT pg_advisory_xact_lock(hashtext('manygpcm tables'));";

constexpr const char* tables = R"(
CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE');
CREATE TYPE trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING');
CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG');
CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN');
CREATE TABLE studies (
    study_id serial PRIMARY KEY,
    study_name varchar(512) NOT NULL);
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE study_directions (
    study_direction_id serial PRIMARY KEY,
    direction studydirection NOT NULL,
    study_id integer NOT NULL REFERENCES studies (study_id),
    objective integer NOT NULL,
    UNIQUE (study_id, objective));
CREATE TABLE study_user_attributes (
    study_user_attribute_id serial PRIMARY KEY,
    study_id integer REFERENCES studies (study_id),
    key varchar(512),
    value_json text,
    UNIQUE (study_id, key));
CREATE TABLE study_system_attributes (
    study_system_attribute_id serial PRIMARY KEY,
    study_id integer REFERENCES studies (study_id),
    key varchar(512),
    value_json text,
    UNIQUE (study_id, key));
CREATE TABLE trials (
    trial_id serial PRIMARY KEY,
    number integer,
    study_id integer REFERENCES studies (study_id),
    state trialstate NOT NULL,
    datetime_start timestamp,
    datetime_complete timestamp);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (
    trial_user_attribute_id serial PRIMARY KEY,
    trial_id integer REFERENCES trials (trial_id),
    key varchar(512),
    value_json text,
    UNIQUE (trial_id, key));
CREATE TABLE trial_system_attributes (
    trial_system_attribute_id serial PRIMARY KEY,
    trial_id integer REFERENCES trials (trial_id),
    key varchar(512),
    value_json text,
    UNIQUE (trial_id, key));
CREATE TABLE trial_params (
    param_id serial PRIMARY KEY,
    trial_id integer REFERENCES trials (trial_id),
    param_name varchar(512),
    param_value double precision,
    distribution_json text,
    UNIQUE (trial_id, param_name));
CREATE TABLE trial_values (
    trial_value_id serial PRIMARY KEY,
    trial_id integer NOT NULL REFERENCES trials (trial_id),
    objective integer NOT NULL,
    value double precision,
    value_type trialvaluetype NOT NULL,
    UNIQUE (trial_id, objective));
CREATE TABLE trial_intermediate_values (
    trial_intermediate_value_id serial PRIMARY KEY,
    trial_id integer NOT NULL REFERENCES trials (trial_id),
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type trialintermediatevaluetype NOT NULL,
    UNIQUE (trial_id, step));
CREATE TABLE trial_heartbeats (
    trial_heartbeat_id serial PRIMARY KEY,
    trial_id integer NOT NULL REFERENCES trials (trial_id),
    heartbeat timestamp NOT NULL,
    UNIQUE (trial_id));
CREATE TABLE version_info (
    version_info_id serial PRIMARY KEY CHECK (version_info_id = 1),
    schema_version integer,
    library_version varchar(256));
CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
)";

}  // namespace

bool has_optuna_tables(Connection& connection) {
    // In one statement, as another process may be making them.
    const Rows there =
        connection
            .run(
                "SELECT relname FROM pg_class WHERE pg_table_is_visible(oid) AND relname IN"
                " ('studies', 'trials', 'version_info', 'alembic_version') ORDER BY relname")
            .front();
    if (there.size() == 0) return false;
    if (there.size() < 4)
        throw InputError(
            fmt::format("{}: has a table '{}' that isn't Optuna's; expected an empty "
                        "database, or one with Optuna's studies",
                        connection.name(), there.text(0, 0)));
    const auto rows = connection.run(
        "SELECT max(schema_version) FROM version_info; SELECT max(version_num) FROM "
        "alembic_version");
    const std::string schema(rows.at(0).text(0, 0)), revision(rows.at(1).text(0, 0));
    if (schema != std::to_string(schema_version) ||
        (revision != alembic_version && revision != alembic_version_before))
        throw InputError(
            fmt::format("{}: has tables of Optuna's schema {}, revision {}; expected {}, {} or {} "
                        "(Optuna 3.1 to 5.0; `optuna storage upgrade` brings older ones there)",
                        connection.name(), schema.empty() ? "without a number" : schema,
                        revision.empty() ? "unknown" : revision, schema_version,
                        alembic_version_before, alembic_version));
    return true;
}

void make_optuna_tables(Connection& connection) {
    try {
        connection.run(std::string("BEGIN;") + one_at_a_time, "another process to make the tables");
        if (!has_optuna_tables(connection))
            connection.run(
                fmt::format("{} INSERT INTO version_info VALUES (1, {}, '3.2.0');"
                            "INSERT INTO alembic_version VALUES ('{}');",
                            tables, schema_version, alembic_version));
        connection.run("COMMIT");
    } catch (...) {
        connection.roll_back();
        throw;
    }
}

}  // namespace manygpcm::search
