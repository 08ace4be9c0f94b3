"""Links the files of `idem generate` with Splink on DuckDB, whole job: read, tidy, estimate u, m by EM, predict, cluster, write a file.

    splink_peer.py FOLDER OUT.parquet [THREADS]

Blocking rules are those of FOLDER/rules.json (a list of lists of columns), the same that idem is given; comparisons have the
levels of idem's defaults as far as SQL has the functions. Prints one line of JSON: seconds of each step, pairs, memory.
"""

import json
import logging
import resource
import sys
import time
import warnings

import duckdb
import splink
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

# Columns tidied as idem does it, as far as a line of SQL goes.
RECORDS = """
CREATE TABLE record AS
WITH source AS (
  SELECT 'crm' source_dataset, customer_id unique_id, first given_name, last family_name, dob birth, email, phone, street address,
         town city, zip postcode
  FROM read_csv('{folder}/crm.csv', all_varchar = true, ignore_errors = true)
  UNION ALL
  SELECT 'billing', kdnr,
         CASE WHEN name LIKE '%,%' THEN trim(split_part(name, ',', 2)) ELSE split_part(name, ' ', 1) END,
         CASE WHEN name LIKE '%,%' THEN trim(split_part(name, ',', 1)) ELSE split_part(name, ' ', -1) END,
         coalesce(strftime(try_strptime(geburtsdatum, '%d.%m.%Y'), '%Y-%m-%d'), geburtsdatum), mail, telefon, strasse, ort, plz
  FROM read_csv('{folder}/billing.csv', delim = ';', all_varchar = true, ignore_errors = true)
  UNION ALL
  SELECT 'support', "user"->>'id', split_part("user"->>'name', ' ', 1), split_part("user"->>'name', ' ', -1), "user"->>'birth',
         "user"->>'email', "user"->'phones'->>0, NULL, NULL, NULL
  FROM read_json('{folder}/support.jsonl', format = 'newline_delimited', ignore_errors = true,
                 columns = {{ticket: 'VARCHAR', "user": 'JSON', updated: 'VARCHAR'}})
)
SELECT source_dataset, unique_id, nullif(lower(strip_accents(trim(given_name))), '') given_name,
       nullif(lower(strip_accents(trim(family_name))), '') family_name, nullif(trim(birth), '') birth_date,
       nullif(lower(trim(email)), '') email,
       nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9), '') phone,
       nullif(lower(strip_accents(trim(address))), '') address, nullif(lower(strip_accents(trim(city))), '') city,
       nullif(upper(replace(postcode, ' ', '')), '') postcode
FROM source WHERE unique_id IS NOT NULL
"""

COMPARISONS = [
    cl.CustomComparison(
        output_column_name=column,
        comparison_levels=[cll.NullLevel(column), cll.ExactMatchLevel(column, term_frequency_adjustments=True)]
        + [level(column, cutoff) for level, cutoff in near]
        + [cll.ElseLevel()],
    )
    for column, near in [
        ("given_name", [(cll.JaroWinklerLevel, 0.92), (cll.JaroWinklerLevel, 0.88), (cll.JaroWinklerLevel, 0.7)]),
        ("family_name", [(cll.JaroWinklerLevel, 0.92), (cll.JaroWinklerLevel, 0.88), (cll.JaroWinklerLevel, 0.7)]),
        ("birth_date", [(cll.DamerauLevenshteinLevel, 1), (cll.DamerauLevenshteinLevel, 2)]),
        ("email", [(cll.JaroWinklerLevel, 0.95), (cll.JaroWinklerLevel, 0.88)]),
        ("phone", [(cll.DamerauLevenshteinLevel, 1)]),
        ("address", [(cll.JaroWinklerLevel, 0.92), (cll.JaroWinklerLevel, 0.8)]),
        ("city", [(cll.JaroWinklerLevel, 0.92)]),
        ("postcode", [(cll.LevenshteinLevel, 1)]),
    ]
]


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    folder, out = sys.argv[1], sys.argv[2]
    rules = [block_on(*rule) for rule in json.load(open(f"{folder}/rules.json"))]
    seconds, begin, last = {}, time.monotonic(), time.monotonic()

    def lap(step):
        nonlocal last
        now = time.monotonic()
        seconds[step], last = round(now - last, 3), now

    connection = duckdb.connect(":memory:")
    if len(sys.argv) > 3:
        connection.execute(f"SET threads = {int(sys.argv[3])}")
    connection.execute(RECORDS.format(folder=folder))
    lap("read")
    api = DuckDBAPI(connection=connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="key",
        comparisons=COMPARISONS,
        blocking_rules_to_generate_predictions=rules,
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    connection.execute("ALTER TABLE record ADD COLUMN key VARCHAR")
    connection.execute("UPDATE record SET key = source_dataset || ':' || unique_id")
    connection.execute("CREATE TABLE input AS SELECT DISTINCT ON (key) * FROM record")
    linker = Linker(api.register("input"), settings)
    linker.training.estimate_probability_two_random_records_match([block_on("email", "family_name")], recall=0.7)
    lap("prepare")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    lap("u")
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("email"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("family_name", "birth_date"))
    lap("em")
    edges = linker.inference.predict(threshold_match_probability=0.001)
    lap("predict")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(edges, threshold_match_probability=0.95)
    lap("cluster")
    connection.execute(f"COPY (SELECT * FROM {clusters.physical_name}) TO '{out}' (FORMAT parquet)")
    lap("write")
    pairs = " UNION ".join(
        f"SELECT a.key x, b.key y FROM input a JOIN input b ON a.key < b.key AND {' AND '.join(f'a.{c} = b.{c}' for c in rule)}"
        for rule in json.load(open(f"{folder}/rules.json"))
    )
    total = round(time.monotonic() - begin, 3)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    n_pairs = connection.execute(f"SELECT count(*) FROM ({pairs})").fetchone()[0]  # counted when the clock has stopped
    print(
        json.dumps(
            {
                "peer": f"Splink {splink.__version__} on DuckDB {duckdb.__version__}",
                "seconds": total,
                "steps": seconds,
                "pairs": n_pairs,
                "memory": memory,
            }
        )
    )


main()
