/* The table functions that the engine serves, and the names that stand for files it reads. */
#include "varve.h"

#include <string.h>
#include <strings.h>

#define COMMON "filename ignore_errors"
#define GEOTIFF " level pixels window"
#define PARQUET " binary_as_string file_row_number"
#define BAM " tags"
#define VCF " samples info format_fields"
#define CSV \
  " all_varchar allow_quoted_nulls auto_detect column_names column_types columns comment" \
  " dateformat decimal_separator delim delimiter dtypes encoding escape header max_line_size" \
  " maximum_line_size names new_line null_padding nullstr quote record sample_size sep skip" \
  " strict_mode timestampformat types"

/* test/extension holds both lists against the engine's. */
const Function FUNCTIONS[] = {
    {"read_fasta", 1, NULL, true, COMMON},
    {"read_fastq", 1, NULL, true, COMMON},
    {"varve_read_csv", 1, NULL, true, COMMON CSV},
    {"read_lines", 1, NULL, true, COMMON},
    {"read_words", 1, NULL, true, COMMON},
    {"read_vcf", 1, NULL, true, COMMON VCF},
    {"read_bcf", 1, NULL, true, COMMON VCF},
    {"read_bam", 1, NULL, true, COMMON BAM},
    {"read_las", 1, NULL, true, COMMON},
    {"read_copc", 1, NULL, true, COMMON},
    {"read_geotiff", 1, NULL, true, COMMON GEOTIFF},
    {"read_imzml", 1, NULL, true, COMMON},
    {"varve_read_parquet", 1, NULL, true, COMMON PARQUET},
    {"read_auto", 1, NULL, true, COMMON " format" GEOTIFF PARQUET BAM VCF CSV},
    {"read_slice", 1, NULL, false, ""},
    {"slices", 1, NULL, true, "strategy n rows bytes col row width height level resolution x y z region ids format"},
    {"index_info", 1, NULL, true, "format"},
    {"varve_index", 1, NULL, true, "format force"},
    {"rejects", 0, NULL, false, ""},
    {"datasets", 0, NULL, false, ""},
    {"versions", 1, NULL, false, ""},
    {"tables", 1, NULL, false, ""},
    {"files", 1, NULL, false, "after"},
    {"dataset_table", 2, NULL, false, ""},
    {"diff", 2, "table_name", false, "table_name"},
    {"history", 1, "table_name", false, "table_name"},
};
const size_t FUNCTION_COUNT = sizeof FUNCTIONS / sizeof *FUNCTIONS;

static const char *const ENDINGS[] = {
    ".fastq", ".fq",   ".fasta", ".fa",  ".fna", ".faa", ".ffn",  ".frn",   ".fas",     ".fsa",   ".mfa",
    ".mpfa",  ".vcf",  ".bcf",   ".bam", ".las", ".laz", ".tif",  ".tiff",  ".gtiff",   ".geotiff", ".imzml",
    ".txt",   ".text", ".log",
};

/* DuckDB asks for names that it does not know; its own endings (.csv, .json, .parquet) never come here. */
bool is_replaced(const char *name, size_t length) {
  if (length > 5 && strncasecmp(name, "s3://", 5) == 0) return true;
  if (length > 7 && strncasecmp(name, "lake://", 7) == 0) return true;
  static const char *const PACKED[] = {".gz", ".bgz"};
  for (size_t i = 0; i < sizeof PACKED / sizeof *PACKED; i++) {
    size_t n = strlen(PACKED[i]);
    if (length <= n || strncasecmp(name + length - n, PACKED[i], n) != 0) continue;
    length -= n;
    break;
  }
  for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
    size_t n = strlen(ENDINGS[i]);
    if (length > n && strncasecmp(name + length - n, ENDINGS[i], n) == 0) return true;
  }
  return false;
}
