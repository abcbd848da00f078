/* import.c -- other people's tables: what is read, converted, refused; every refusal with file, line and column. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/runfolder.h"
#include "base/text/raw.h"
#include "base/text/table.h"
#include "solver/import/import.h"
#include "solver/results/analysis.h"
#include "tests/runner.h"
#include "tests/solver/compare_kit.h"
#include "tests/solver/suites.h"

static int parse(struct imported *im, const char *map, const char *text, struct err *e)
{
    *e = (struct err){0};
    return import_parse(im, map, strlen(map), text, strlen(text), e);
}

static double number(const struct imported *im, const char *column, size_t row)
{
    const struct import_column *c = import_column(im, column);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_FATAL(row < im->rows);
    return c->number[row];
}

/* ---- the foreign sheet ---- */

static void cells_know_their_line_and_column(void)
{
    static const char text[] = "\xef\xbb\xbfname; two \r\n\r\n\"a;\nb\";7;;\r\nlast;x";
    struct raw s;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(raw_parse(&s, "f", text, sizeof text - 1, ';', RAW_UTF8, &e), 0);
    CU_ASSERT_EQUAL(s.rows, 4);
    CU_ASSERT_STRING_EQUAL(raw_at(&s, &s.row[0], 1)->text, "two");
    CU_ASSERT_EQUAL(raw_at(&s, &s.row[0], 1)->col, 6);
    CU_ASSERT_EQUAL(s.row[1].n, 0);
    CU_ASSERT_STRING_EQUAL(raw_at(&s, &s.row[2], 0)->text, "a;\nb");
    CU_ASSERT_EQUAL(s.row[2].line, 3);
    CU_ASSERT_EQUAL(s.row[2].n, 4);
    CU_ASSERT_EQUAL(raw_at(&s, &s.row[2], 1)->line, 4);
    CU_ASSERT_EQUAL(raw_at(&s, &s.row[2], 1)->col, 4);
    CU_ASSERT_EQUAL(s.row[3].line, 5);
    CU_ASSERT_STRING_EQUAL(raw_at(&s, &s.row[3], 1)->text, "x");
    CU_ASSERT_PTR_NULL(raw_at(&s, &s.row[3], 2));
    CU_ASSERT_PTR_EQUAL(raw_line(&s, 5), &s.row[3]);
    CU_ASSERT_PTR_NULL(raw_line(&s, 4));
    raw_release(&s);
}

static void latin_1_becomes_utf_8(void)
{
    static const char text[] = "Kraft\tWeg [\xb5m]\n1\t\xfc\n";
    struct raw s;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(raw_parse(&s, "f", text, sizeof text - 1, '\t', RAW_LATIN1, &e), 0);
    CU_ASSERT_STRING_EQUAL(raw_at(&s, &s.row[0], 1)->text, "Weg [\xc2\xb5m]");
    CU_ASSERT_STRING_EQUAL(raw_at(&s, &s.row[1], 1)->text, "\xc3\xbc");
    raw_release(&s);
}

static void damaged_sheets_are_refused(void)
{
    static const struct {
        const char *text;
        size_t n;
        const char *words, *hint;
    } bad[] = {{"\xff\xfe"
                "a\0",
                4, "f:1:1: UTF-16 text", "UTF-8"},
               {"", 0, "f:1: empty file", ""},
               {"a;b\n1;\xb5\n", 8, "f:2: byte 0xb5 is no UTF-8", "latin-1"},
               {"a;b\n1;\0\n", 8, "f:2: NUL byte", ""},
               {"a;b\n1;\"2\n3;4\n", 13, "f:2:3: a quoted cell is not closed", ""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct raw s;
        struct err e = {0};
        CU_ASSERT_EQUAL(raw_parse(&s, "f", bad[i].text, bad[i].n, ';', RAW_UTF8, &e), ERR_PARSE);
        ASSERT_HAS(e.msg, bad[i].words);
        ASSERT_HAS(e.hint, bad[i].hint);
        CU_ASSERT_PTR_NULL(s.cell);
    }
}

/* ---- tables ---- */

#define TABLE(layout, columns) "import: x\nkind: table\nlayout: {" layout "}\ncolumns: {" columns "}\n"
#define SEMICOLONS "separator: semicolon, decimal: comma, header_line: 2, units_line: 3"

/* A wide sheet: one column of times, then a column a cell. */
static void columns_before_the_blocks_belong_to_all_of_them(void)
{
    static const char map[] =
        "import: x\nkind: table\nlayout: {separator: semicolon, decimal: comma, header_line: 1, "
        "units_in_header: yes}\n"
        "columns: {time_h: Time, Q_ug_cm2: {column: 1, unit: mg/m2}}\n"
        "blocks: [{first_column: 2, donor: D1}, {first_column: 3, donor: D1}, {first_column: 4, donor: D2}]\n";
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im, map, "Time (min);A;B;C\n30;1,25;2;3\n90;4;;6,5\n", &e), 0);
    CU_ASSERT_EQUAL(im.rows, 5); /* the empty cell is no row */
    ASSERT_REL(number(&im, "time", 2), 0.5, 1e-14);
    ASSERT_REL(number(&im, "time", 4), 1.5, 1e-14);
    ASSERT_REL(number(&im, "Q", 0), 0.125, 1e-14);
    ASSERT_REL(number(&im, "Q", 2), 0.2, 1e-14);
    ASSERT_REL(number(&im, "Q", 4), 0.65, 1e-14);
    CU_ASSERT_STRING_EQUAL(import_column(&im, "donor")->text[3], "D2");
    import_release(&im);
    CU_ASSERT_EQUAL(parse(&im, map, "Tine (min);A;B;C\n30;1,25;2;3\n", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "no column 'Time' in this block, nor before the first; there are: Tine (min), A");
}

static void numbers_units_and_texts_are_converted(void)
{
    static const char text[] =
        "Protocol 17;;;\nZeit;Menge;T;Wer\nmin;[mcg];degC;\n 30 ;12,75;31,5;anna\n90;-;32;\"bo;b\"\n;;;\n";
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im,
                                TABLE(SEMICOLONS ", missing: [\"-\"]",
                                      "time_h: Zeit, Q_ug_cm2: {from: Menge, per: 177 mm2, factor: 2}, skin_K: T, "
                                      "donor: Wer, replicate: {text: r7}"),
                                text, &e),
                          0);
    CU_ASSERT_EQUAL(im.rows, 2);
    struct imported weighed;
    CU_ASSERT_EQUAL_FATAL(
        parse(&weighed, TABLE(SEMICOLONS, "force_N: {from: F, unit: gf}"), "a\nt;F\ns;g\n1;247,3\n", &e), 0);
    ASSERT_REL(number(&weighed, "force_N", 0), 0.2473 * 9.80665, 1e-12);
    import_release(&weighed);
    ASSERT_REL(number(&im, "time_h", 0), 0.5, 1e-14);
    ASSERT_REL(number(&im, "time", 1), 1.5, 1e-14);
    ASSERT_REL(number(&im, "Q_ug_cm2", 0), 2.0 * 12.75 / 1.77, 1e-12);
    CU_ASSERT(isnan(number(&im, "Q_ug_cm2", 1)));
    ASSERT_REL(number(&im, "skin_K", 0), 304.65, 1e-12); /* a temperature has a zero of its own */
    CU_ASSERT_STRING_EQUAL(import_column(&im, "donor")->text[1], "bo;b");
    CU_ASSERT_STRING_EQUAL(import_column(&im, "replicate")->text[0], "r7");
    CU_ASSERT_STRING_EQUAL(import_column(&im, "Q_ug_cm2")->unit, "mcg");
    CU_ASSERT_EQUAL(im.line[1], 5);
    import_release(&im);
}

static void units_in_the_header_are_found_in_every_usual_form(void)
{
    static const char text[] = "Force [mN],Way (mm),t / min,Work, speed in um/s,n\n1,2,3,4,5,6\n";
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im,
                                TABLE("separator: comma, decimal: point, header_line: 1, units_in_header: yes",
                                      "force_N: Force, way_um: Way, t_s: t, work_J: {from: Work, unit: kJ}, "
                                      "speed_mm_s: speed, n: n"),
                                text, &e),
                          0);
    ASSERT_REL(number(&im, "force_N", 0), 1e-3, 1e-12);
    ASSERT_REL(number(&im, "way_um", 0), 2000.0, 1e-12);
    ASSERT_REL(number(&im, "t_s", 0), 180.0, 1e-12);
    ASSERT_REL(number(&im, "work_J", 0), 4000.0, 1e-12);
    ASSERT_REL(number(&im, "speed_mm_s", 0), 0.005, 1e-12);
    CU_ASSERT_EQUAL(number(&im, "n", 0), 6.0);
    import_release(&im);
}

static void readings_below_the_limit_keep_it_and_are_marked(void)
{
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im,
                                TABLE("separator: tab, decimal: point, header_line: 1, below_mark: \"<\"",
                                      "time_h: {from: t, unit: d}, C_ng_mL: {from: C, unit: ug/mL}"),
                                "t\tC\n1\t< 0.25\n2\t0.75\n", &e),
                          0);
    CU_ASSERT_EQUAL(number(&im, "below_limit", 0), 1.0);
    ASSERT_REL(number(&im, "C_ng_mL", 0), 250.0, 1e-12);
    CU_ASSERT_EQUAL(number(&im, "below_limit", 1), 0.0);
    ASSERT_REL(number(&im, "time_h", 1), 48.0, 1e-12);
    import_release(&im);
}

static void blocks_lie_side_by_side_and_end_where_they_end(void)
{
    static const char text[] = "F|x||F|x\n1|2||10|20\n3|4||30|40\n5|6||||\n";
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(
        parse(&im,
              TABLE("separator: bar, decimal: point, header_line: 1",
                    "force_N: {from: F, unit: N}, x_mm: {column: 2, unit: cm}") "blocks: [{first_column: 1, specimen: "
                                                                                "A}, {first_column: 4, specimen: B, "
                                                                                "donor: d9}]\n",
              text, &e),
        0);
    CU_ASSERT_EQUAL(im.rows, 5);
    CU_ASSERT_EQUAL(number(&im, "force_N", 2), 5.0);
    CU_ASSERT_EQUAL(number(&im, "force_N", 3), 10.0);
    ASSERT_REL(number(&im, "x_mm", 4), 400.0, 1e-12);
    CU_ASSERT_STRING_EQUAL(import_column(&im, "specimen")->text[2], "A");
    CU_ASSERT_STRING_EQUAL(import_column(&im, "specimen")->text[3], "B");
    CU_ASSERT_STRING_EQUAL(import_column(&im, "donor")->text[4], "d9");
    CU_ASSERT_EQUAL(im.n_specimens, 2);
    import_release(&im);
}

static void mistakes_are_told_with_file_line_and_column(void)
{
    static const struct {
        const char *map, *text, *words, *hint;
    } bad[] = {
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;\n1;2,5\n",
         "file:2:3: column 2 ('F'), wanted as force_N: its unit is not stated", ""},
        {TABLE("separator: semicolon, decimal: comma, header_line: 2", "force_N: F"), "a\nt;F\n1;2,5\n",
         "file:2:3: column 2 ('F'), wanted as force_N: its unit is not stated", "force_N: {from: F, unit: N}"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;mm\n1;2,5\n",
         "file:2:3: column 2 ('F') is in 'mm', which does not convert to that of force_N", ""},
        {TABLE(SEMICOLONS, "force_N: {from: F, unit: N}"), "a\nt;F\ns;mN\n1;2,5\n",
         "file:2:3: column 2 ('F'): the file says 'mN', the map says 'N'", "leave out the map's unit"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;g\n1;2,5\n",
         "file:2:3: column 2 ('F') is in 'g', which does not convert to that of force_N",
         "the weight of a gram is 'gf': force_N: {from: F, unit: gf}"},
        {TABLE(SEMICOLONS, "force_N: {from: F, unit: mgf}"), "a\nt;F\ns;g\n1;2,5\n",
         "the file says 'g', the map says 'mgf'", ""},
        {TABLE(SEMICOLONS, "force_N: F") "specimen: P1\n", "a\nt;F\ns;N\n1;2,5\n", "specimen: unknown key",
         "columns: {specimen: {text: P1}}"},
        {TABLE(SEMICOLONS, "Q_ug_cm2: F"), "a\nt;F\ns;mg\n1;2,5\n", "is in 'mg', which does not convert",
         "the area of the orifice: Q_ug_cm2: {..., per: 1.77 cm2}"},
        {TABLE(SEMICOLONS, "force_N: Froce"), "a\nt;Force\ns;N\n1;2,5\n",
         "file:2: no column 'Froce'; there are: t, Force", "did you mean 'Force'?"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nF;F\nN;N\n1;2,5\n", "file:2:3: 'F' is the name of columns 1 and 2",
         "blocks"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;N\n1;1.234,5\n",
         "file:4:3: force_N: '1.234,5': thousands separators", "1.234 may be one or a thousand"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;N\n1;1 234,5\n", "file:4:3: force_N: '1 234,5': thousands", ""},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;N\n1;2.5\n",
         "file:4:3: force_N: '2.5' is not a number with a decimal comma", "decimal: point"},
        {TABLE("separator: semicolon, decimal: point, header_line: 2, units_line: 3", "force_N: F"),
         "a\nt;F\ns;N\n1;2,5\n", "'2,5' is not a number with a decimal point", "decimal: comma"},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;N\n1;2,5\n2;end\n", "file:5:3: force_N: 'end' is not a number",
         "last_line"},
        {TABLE("separator: comma, decimal: point, header_line: 1", "Q_ug_cm2: {from: Q, unit: ug/cm2}"),
         "cell,t,Q\nD1,30,61.5\nD1,60,66,6\n", "file:3:10: 4 cells, but line 1 names 3 columns", "a decimal comma"},
        {TABLE("separator: comma, decimal: point, header_line: 1",
               "time_min: {from: t, unit: min}, Q_ug_cm2: {from: Q, unit: ug/cm2}"),
         "cell,t,Q\nD1,30,61.5\nD1,66.6\n", "file:3: 2 cells: there is none for Q_ug_cm2, column 3",
         "an empty cell keeps its separator"},
        {TABLE(SEMICOLONS, "force_mN: F"), "a\nt;F\ns;N\n1;1e307\n",
         "file:4:3: force_mN: '1e307' is too large a number", ""},
        {TABLE(SEMICOLONS, "force_N: F"), "a\nt;F\ns;N\n", "file:4: no data from this line on", ""},
        {TABLE("separator: semicolon, decimal: comma, header_line: 9", "force_N: F"), "a\nt;F\n1;2\n",
         "map:3:61: header_line: file has no line 9", ""},
        {TABLE("separator: comma, decimal: comma, header_line: 1", "force_N: F"), "F\n1\n",
         "comma cannot part cells and decimals both", ""},
        {TABLE(SEMICOLONS, "force: F"), "a\nF\nN\n1\n", "columns/force: the name ends in no unit",
         "force_N, position_um"},
        {TABLE(SEMICOLONS, "force_N: {from: F, column: 2}"), "a\n", "needs exactly one of from, column, text", ""},
        {TABLE(SEMICOLONS, "force_N: {from: F, per: cm2}"), "a\n", "per: 'cm2': must be like 1.77 cm2", ""},
        {TABLE("separator: tab, decimal: point", "force_N: F"), "F\n1\n", "'from' needs layout/header_line", ""},
        {TABLE(SEMICOLONS ", first_line: 3", "force_N: F"), "a\n", "first_line: 3: must come after line 3", ""},
        {TABLE(SEMICOLONS, "force_N: F") "blocks: [{first_column: 3}, {first_column: 3}]\n", "a\n",
         "first_column must rise", ""},
        {TABLE(SEMICOLONS, "force_N: F") "blocks: [{first_column: 3, force_N: 2}]\n", "a\n",
         "beside first_column texts", ""},
        {"import: x\nkind: tabel\n", "a\n", "tabel", ""},
        {"import: x\nkind: table\ncolums: {}\n", "a\n", "colums", ""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct imported im;
        struct err e;
        int rc = parse(&im, bad[i].map, bad[i].text, &e);
        CU_ASSERT_EQUAL(err_exit_status(rc), 3);
        ASSERT_HAS(e.msg, bad[i].words);
        ASSERT_HAS(e.hint, bad[i].hint);
        CU_ASSERT_PTR_NULL(im.doc);
    }
}

/* ---- force curves ---- */

#define CURVE(more) "import: x\nkind: curve\nlayout: {separator: comma, decimal: point, header_line: 1}\n" more

/* 12 rows in air at 0.1 mm, contact at 1.2 mm, 5 N/mm behind it, held for 10 rows, up again. */
static size_t make_curve(char *text, size_t size, double sign)
{
    size_t used = (size_t)snprintf(text, size, "t,x,F\n");
    double x = 0.0, t = 0.0;
    for (int i = 0; i < 40; i++, x += 0.1, t += 0.2)
        used += (size_t)snprintf(text + used, size - used, "%g,%g,%.6g\n", t, x,
                                 sign * (x > 1.2 ? 5.0 * (x - 1.2) : 0.001 * (i % 3 - 1)));
    x -= 0.1;
    for (int i = 0; i < 10; i++, t += 0.2)
        used += (size_t)snprintf(text + used, size - used, "%g,%g,%.6g\n", t, x, sign * (12.0 - 0.1 * i));
    for (int i = 0; i < 20; i++, t += 0.2)
        used += (size_t)snprintf(text + used, size - used, "%g,%g,%.6g\n", t, x -= 0.1, sign * -0.2);
    return used;
}

static void contact_travel_and_phases_are_found(void)
{
    char text[4000];
    struct imported im;
    struct err e;
    make_curve(text, sizeof text, -1.0);
    CU_ASSERT_EQUAL_FATAL(
        parse(&im,
              CURVE("columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: "
                    "{from: F, unit: N, factor: -1}}\ncontact_force: 0.25 N\nzero: {force: 0 N}\n"
                    "compliance: 20 um/N\n"),
              text, &e),
        0);
    const struct import_column *phase = import_column(&im, "phase");
    CU_ASSERT_STRING_EQUAL(phase->text[12], "approach");
    CU_ASSERT_STRING_EQUAL(phase->text[13], "insert");
    CU_ASSERT_STRING_EQUAL(phase->text[39], "insert");
    CU_ASSERT_STRING_EQUAL(phase->text[45], "hold");
    CU_ASSERT_STRING_EQUAL(phase->text[55], "retract");
    CU_ASSERT(isnan(number(&im, "travel_um", 12)));
    /* From -1 mN at 1.2 mm to 500 mN at 1.3 mm the force passes 250 mN 250/501 of the way before 1.3 mm; at 3.9 mm it
     * is 13.5 N, 13.25 N more. */
    ASSERT_REL(number(&im, "travel_um", 39), 2600.0 + 100.0 * 250.0 / 501.0 - 20.0 * 13.25, 1e-9);
    CU_ASSERT_EQUAL(im.n_specimens, 1);
    import_release(&im);
}

/* The same curve, read 0.3 N too high throughout: contact and travel are those without. */
static void the_zero_of_an_export_that_was_not_tared_is_taken_off(void)
{
    static const struct {
        const char *zero, *level;
        double travel; /* of row 39, at 13.5 N: contact lies between rows 12 and 13 where the force passes the level */
        bool no_air;
    } is[] = {{"zero: {first: 2.3 s}", "0.25", 2600.0 + 100.0 * 250.0 / 501.0, false},
              {"zero: {force: 0.3 N}", "0.25", 2600.0 + 100.0 * 250.0 / 501.0, false},
              {"", "0.4", 2600.0 + 100.0 * 100.0 / 501.0, false}, /* of the air */
              {"", "0.25", 3900.0, true}};
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        char text[4000], shifted[6000], map[700];
        struct imported im;
        struct err e;
        size_t used = (size_t)snprintf(shifted, sizeof shifted, "t,x,F\n");
        make_curve(text, sizeof text, 1.0);
        for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
            double t, x, F;
            CU_ASSERT_EQUAL_FATAL(sscanf(line, "%lf,%lf,%lf", &t, &x, &F), 3);
            used += (size_t)snprintf(shifted + used, sizeof shifted - used, "%g,%g,%.6g\n", t, x, F + 0.3);
        }
        snprintf(map, sizeof map,
                 CURVE("columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: {from: F, "
                       "unit: N}}\ncontact_force: %s N\n%s\n"),
                 is[i].level, is[i].zero);
        CU_ASSERT_EQUAL_FATAL(parse(&im, map, shifted, &e), 0);
        CU_ASSERT_EQUAL(im.no_air[0], is[i].no_air);
        ASSERT_ABS(number(&im, "force_N", 39), is[i].no_air ? 13.8 : 13.5, 1e-3); /* net */
        ASSERT_ABS(number(&im, "travel_um", 39), is[i].travel, 0.05);
        if (is[i].no_air) ASSERT_HAS(im.note[0], "from its first row: travel counts from there, NOT from contact");
        import_release(&im);
    }
}

static void curves_that_run_the_wrong_way_are_named(void)
{
    static const struct {
        const char *more, *words, *hint;
        double sign;
    } bad[] = {
        {"columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: {from: F, unit: "
         "N}}\ncontact_force: 0.25 N\n",
         "the force is negative while pressing", "factor: -1", -1.0},
        {"columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm, factor: -1}, force_N: {from: F, unit: "
         "N}}\n"
         "contact_force: 0.25 N\n",
         "the position falls while pressing", "towards the sample", 1.0},
        {"columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: {from: F, unit: "
         "N}}\ncontact_force: 50 N\n",
         "the force never reaches contact_force", "unit", 1.0},
        {"columns: {position_mm: {from: x, unit: mm}, force_N: {from: F, unit: N}}\ncontact_force: 1 N\n",
         "missing key 'speed'", "speed of the stage", 1.0},
        {"columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: {from: F, unit: N}}\n",
         "missing key 'contact_force'", "", 1.0},
        {"columns: {time_s: {from: t, unit: s}, force_N: {from: F, unit: N}}\n", "a curve needs a force", "travel",
         1.0},
        {"columns: {time_s: {from: t, unit: s}, position_mm: {from: x, unit: mm}, force_N: {from: F, unit: N}, "
         "specimen: {text: "
         "\"../x\"}}\ncontact_force: 1 N\n",
         "specimen '../x': must be letters", "names a folder", 1.0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[4000], map[700];
        struct imported im;
        struct err e;
        make_curve(text, sizeof text, bad[i].sign);
        snprintf(map, sizeof map, CURVE("%s"), bad[i].more);
        CU_ASSERT_EQUAL(err_exit_status(parse(&im, map, text, &e)), 3);
        ASSERT_HAS(e.msg, bad[i].words);
        ASSERT_HAS(e.hint, bad[i].hint);
    }
}

/* ---- counts ---- */

static void dyed_holes_give_a_share_with_wilson_s_interval(void)
{
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im,
                                "import: x\nkind: dye\nlayout: {separator: comma, decimal: point, header_line: 1}\n"
                                "columns: {stained: s, needles: n}\n",
                                "s,n\n4,6\n93,100\n", &e),
                          0);
    ASSERT_REL(number(&im, "penetrated_fraction", 0), 4.0 / 6.0, 1e-14);
    ASSERT_REL(number(&im, "penetrated_fraction_low", 0), 0.299993315138392, 1e-12);
    ASSERT_REL(number(&im, "penetrated_fraction_high", 0), 0.9032285888942195, 1e-12);
    CU_ASSERT_EQUAL(im.depth.penetrated, 97);
    import_release(&im);
    CU_ASSERT_EQUAL(parse(&im,
                          "import: x\nkind: dye\nlayout: {separator: comma, decimal: point, header_line: 1}\n"
                          "columns: {stained: s, needles: n}\n",
                          "s,n\n7,6\n", &e),
                    ERR_RANGE);
    ASSERT_HAS(e.msg, "file:2: 7 of 6 needles are stained");
}

#define LAYERS(more)                                                                                                   \
    "import: x\nkind: layers\nlayout: {separator: comma, decimal: point, header_line: 1}\n"                            \
    "columns: {specimen: a, layer: k, holes: h}\nlayer_thickness: 130 um\n" more

/* 10 needles: 2 stay out, 3 end below layer 1 (130 to 260 um), 4 below layer 2 (260 to 390), 1 below layer 3 (390 to
 * the needle's 450 um). */
static void holes_in_layers_give_the_depth_between_its_bounds(void)
{
    struct imported im;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(parse(&im, LAYERS("needles: {count: 10, length: 450 um}\nholes_mean: through\n"),
                                "a,k,h\nP,1,8\nP,2,5\nP,3,1\n", &e),
                          0);
    ASSERT_REL(im.depth.mean, (3 * 195.0 + 4 * 325.0 + 420.0) / 8.0 * 1e-6, 1e-12);
    ASSERT_REL(im.depth.lowest_mean, (3 * 130.0 + 4 * 260.0 + 390.0) / 8.0 * 1e-6, 1e-12);
    ASSERT_REL(im.depth.highest_mean, (3 * 260.0 + 4 * 390.0 + 450.0) / 8.0 * 1e-6, 1e-12);
    double mean = im.depth.mean * 1e6, m2 = (3 * 195.0 * 195.0 + 4 * 325.0 * 325.0 + 420.0 * 420.0) / 8.0;
    double within = (7 * 130.0 * 130.0 + 60.0 * 60.0) / 12.0 / 8.0;
    ASSERT_REL(im.depth.sd, sqrt((m2 + within - mean * mean) * 8.0 / 7.0) * 1e-6, 1e-9);
    CU_ASSERT_EQUAL(im.depth.penetrated, 8);
    CU_ASSERT_EQUAL(im.depth.needles, 10);
    import_release(&im);
    CU_ASSERT_EQUAL_FATAL(parse(&im, LAYERS("needles: {count: 10, length: 450 um}\nholes_mean: into\n"),
                                "a,k,h\nP,1,8\nP,2,5\nP,3,0\n", &e),
                          0);
    ASSERT_REL(im.depth.mean, (3 * 65.0 + 5 * 195.0) / 8.0 * 1e-6, 1e-12);
    import_release(&im);
}

static void impossible_counts_are_refused(void)
{
    static const struct {
        const char *map, *text, *words;
    } bad[] = {{LAYERS("needles: {count: 10}\n"), "a,k,h\nP,1,8\nP,2,9\n",
                "file:3: 9 holes in layer 2, but only 8 in the layer above"},
               {LAYERS("needles: {count: 10, length: 300 um}\n"), "a,k,h\nP,1,9\nP,2,8\nP,3,1\n",
                "file:4: 1 holes through layer 3, which ends at 390 um, but the needles are 300 um long"},
               {LAYERS("needles: {count: 10, length: 300 um}\nholes_mean: into\n"),
                "a,k,h\nP,1,9\nP,2,8\nP,3,6\nP,4,2\n",
                "file:5: 2 holes into layer 4, which begins at 390 um, but the needles are 300 um long"},
               {LAYERS("needles: {count: 10}\n"), "a,k,h\nP,1,11\n", "11 holes in layer 1, but only 10 needles"},
               {LAYERS("needles: {count: 10}\n"), "a,k,h\nP,1,8\nP,3,4\n", "file:3: layer 3 after layer 1"},
               {LAYERS("needles: {count: 10}\n"), "a,k,h\nP,1,8\nP,2,4\n", "4 holes in the deepest layer counted"},
               {LAYERS("needles: {count: 10}\n"), "a,k,h\nP,1,2.5\n", "file:2: holes = 2.5: must be a whole number"},
               {LAYERS(""), "a,k,h\nP,1,2\n", "how many needles?"},
               {"import: x\nkind: layers\nlayout: {separator: comma, decimal: point, header_line: 1}\n"
                "columns: {layer: k, holes: h}\nneedles: {count: 9}\n",
                "k,h\n1,2\n", "missing key 'layer_thickness'"},
               {"import: x\nkind: layers\nlayout: {separator: comma, decimal: point, header_line: 1}\n"
                "columns: {layer: k, holes: h}\nneedles: {count: 9}\nlayer_thickness: 127\n",
                "k,h\n1,2\n", "has no unit"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct imported im;
        struct err e;
        CU_ASSERT_EQUAL(err_exit_status(parse(&im, bad[i].map, bad[i].text, &e)), 3);
        ASSERT_HAS(e.msg, bad[i].words);
    }
}

/* ---- on to the analysis, the study, the comparison ---- */

/* Reads a map of config/imports and writes it below the fixture's folder as "imported". */
static void import_into(const struct fixture *f, const char *map, struct imported *im, char folder[400])
{
    struct err e = {0};
    snprintf(folder, 400, "%s/imported", f->folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    CU_ASSERT_EQUAL_FATAL(import_read(im, map, NULL, &e), 0);
    CU_ASSERT_EQUAL_FATAL(import_write(im, folder, "test", 0, &e), 0);
}

static void an_imported_curve_is_analysed_like_a_run(void)
{
    struct fixture f;
    struct imported im;
    struct run_analysis *a = calloc(1, sizeof *a);
    struct err e = {0};
    char folder[400], run[500];
    fixture_make(&f);
    import_into(&f, "config/imports/texture_analyser.yaml", &im, folder);
    CU_ASSERT_EQUAL(im.n_specimens, 3);
    snprintf(run, sizeof run, "%s/runs/A2", folder);
    CU_ASSERT_EQUAL_FATAL(run_analysis_make(a, run, NULL, &e), 0);
    CU_ASSERT_TRUE(a->is_virtual); /* its numbers are invented, and the map says so */
    CU_ASSERT_STRING_EQUAL(a->specimen, "A2");
    ASSERT_REL(a->found.contact.value, 0.310e-3, 0.05); /* as the example was made */
    ASSERT_REL(a->found.speed.value, 0.5e-3, 1e-2);
    CU_ASSERT_EQUAL(a->model.needles.count, 100);
    CU_ASSERT(a->found.has_hold && a->found.n_events >= 1);
    double *travel = NULL;
    struct table t;
    snprintf(run, sizeof run, "%s/runs/A1/samples.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, run, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "travel_um", true, &travel, &e), 0);
    ASSERT_REL(travel[60], number(&im, "travel_um", 60), 1e-9); /* A1 stands first in measured.csv */
    CU_ASSERT(isnan(travel[10]));
    free(travel);
    table_release(&t);
    run_analysis_release(a);
    free(a);
    import_release(&im);
    fixture_remove(&f);
}

static void counted_layers_give_a_study_its_depth(void)
{
    struct fixture f;
    struct imported im;
    struct run_penetration p;
    struct err e = {0};
    char folder[400], change[500];
    fixture_make(&f);
    import_into(&f, "config/imports/parafilm_layers.yaml", &im, folder);
    CU_ASSERT_EQUAL_FATAL(run_penetration_read(folder, &p, &e), 0);
    ASSERT_REL(p.depth_mean, im.depth.mean, 1e-9);
    ASSERT_REL(p.fraction, 295.0 / 300.0, 1e-9);
    CU_ASSERT_STRING_EQUAL(p.method, "parafilm");
    snprintf(change, sizeof change, "insertion: {run: %s}", folder);
    fixture_change(&f, "insertion: {depth: 312 um}", change);
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_EQUAL_FATAL(study_load(s, f.study, NULL, &e), 0);
    ASSERT_REL(s->depth, im.depth.mean, 1e-9);
    study_release(s);
    free(s);
    import_release(&im);
    fixture_remove(&f);
}

static void an_import_is_compared_at_once(void)
{
    struct fixture f;
    struct compare *c = calloc(1, sizeof *c);
    struct err e = {0};
    char map[300], text[900];
    fixture_make(&f);
    snprintf(map, sizeof map, "%s/map.yaml", f.folder);
    fixture_write(
        &f, "map.yaml",
        "import: x\nkind: table\nvirtual: yes\nfile: foreign.txt\nlayout: {separator: semicolon, decimal: comma, "
        "header_line: 1}\ncolumns: {time_h: {from: Zeit, unit: min}, Q_ug_cm2: {from: Q, unit: mg/cm2}}\n");
    fixture_write(&f, "foreign.txt", "Zeit;Q\n60;0,0101\n120;0,02\n240;0,05\n");
    snprintf(
        text, sizeof text,
        "comparison: x\ncases:\n  - name: cells\n    role: predicted\n    measured: {import: map.yaml, x: time_h, y: "
        "Q_ug_cm2}\n    simulated: {study: study.yaml, quantity: delivered}\n    criteria: [{metric: rmse, at_most: 1 "
        "g/cm2}]\n");
    CU_ASSERT_EQUAL_FATAL(compare_text(&f, text, c, &e), 0);
    CU_ASSERT_EQUAL(c->verdict[0].role, ROLE_SYNTHETIC);
    char *csv = fixture_read(&f, "compared/imported_1/measured.csv");
    ASSERT_HAS(csv, "time_h,Q_ug_cm2\n1,10.1\n2,20\n4,50\n");
    char *yaml = fixture_read(&f, "compared/imported_1/import.yaml");
    ASSERT_HAS(yaml, "unit_there: min");
    ASSERT_HAS(yaml, "file_sha256: ");
    free(csv);
    free(yaml);
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

/* Curves and shares out of foreign tables against a computed press: nothing but the map and the comparison is written.
 */
static void imported_curves_and_shares_are_held_against_a_computed_press(void)
{
    struct fixture f;
    struct compare *c = calloc(1, sizeof *c);
    struct err e = {0};
    fixture_make(&f);
    int rc = compare_text(
        &f,
        "comparison: x\ncases:\n"
        "  - name: curves\n    role: predicted\n"
        "    measured: {import: config/imports/texture_analyser.yaml, x: travel_um, y: force_N, group: specimen, "
        "grid: 11, average: arithmetic}\n"
        "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: force, arrays: 3}\n"
        "    criteria: [{metric: bias, within: 5 N}]\n"
        "  - name: share\n    role: predicted\n"
        "    measured: {import: config/imports/dye_counts.yaml, y: penetrated_fraction, group: specimen, average: "
        "arithmetic}\n"
        "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: penetrated_fraction}\n"
        "    criteria: [{metric: bias, within: 10 %}, {metric: equivalence, margin: 0.2}]\n",
        c, &e);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    CU_ASSERT_EQUAL(c->n_verdicts, 3);
    CU_ASSERT_TRUE(compare_all_met(c));
    ASSERT_HAS(c->verdict[0].text, "33 data, 0 parameters");
    ASSERT_HAS(c->verdict[1].text, "bias 0.08 "); /* 1 less (93 + 88 + 90 + 97)/400 */
    char *csv = fixture_read(&f, "compared/points.csv");
    ASSERT_HAS(csv, "share,SYNTHETIC,,,0.92,0.0391578");
    free(csv);
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

static void every_shipped_map_reads_its_file(void)
{
    static const struct {
        const char *map;
        size_t rows, specimens;
    } maps[] = {{"texture_analyser", 525, 3},
                {"universal_tester", 177, 2},
                {"parafilm_layers", 13, 3},
                {"dye_counts", 4, 4},
                {"franz_cells", 56, 1}};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        char path[200];
        struct imported im;
        struct err e = {0};
        snprintf(path, sizeof path, "config/imports/%s.yaml", maps[i].map);
        CU_ASSERT_EQUAL(import_read(&im, path, NULL, &e), 0);
        CU_ASSERT_STRING_EQUAL(e.msg, "");
        CU_ASSERT_EQUAL(im.rows, maps[i].rows);
        CU_ASSERT_EQUAL(im.n_specimens, maps[i].specimens);
        import_release(&im);
    }
}

CU_TestInfo import_tests[] = {
    {"cells_know_their_line_and_column", cells_know_their_line_and_column},
    {"latin_1_becomes_utf_8", latin_1_becomes_utf_8},
    {"damaged_sheets_are_refused", damaged_sheets_are_refused},
    {"columns_before_the_blocks_belong_to_all_of_them", columns_before_the_blocks_belong_to_all_of_them},
    {"numbers_units_and_texts_are_converted", numbers_units_and_texts_are_converted},
    {"units_in_the_header_are_found_in_every_usual_form", units_in_the_header_are_found_in_every_usual_form},
    {"readings_below_the_limit_keep_it_and_are_marked", readings_below_the_limit_keep_it_and_are_marked},
    {"blocks_lie_side_by_side_and_end_where_they_end", blocks_lie_side_by_side_and_end_where_they_end},
    {"mistakes_are_told_with_file_line_and_column", mistakes_are_told_with_file_line_and_column},
    {"contact_travel_and_phases_are_found", contact_travel_and_phases_are_found},
    {"the_zero_of_an_export_that_was_not_tared_is_taken_off", the_zero_of_an_export_that_was_not_tared_is_taken_off},
    {"curves_that_run_the_wrong_way_are_named", curves_that_run_the_wrong_way_are_named},
    {"dyed_holes_give_a_share_with_wilson_s_interval", dyed_holes_give_a_share_with_wilson_s_interval},
    {"holes_in_layers_give_the_depth_between_its_bounds", holes_in_layers_give_the_depth_between_its_bounds},
    {"impossible_counts_are_refused", impossible_counts_are_refused},
    {"an_imported_curve_is_analysed_like_a_run", an_imported_curve_is_analysed_like_a_run},
    {"counted_layers_give_a_study_its_depth", counted_layers_give_a_study_its_depth},
    {"an_import_is_compared_at_once", an_import_is_compared_at_once},
    {"imported_curves_and_shares_are_held_against_a_computed_press",
     imported_curves_and_shares_are_held_against_a_computed_press},
    {"every_shipped_map_reads_its_file", every_shipped_map_reads_its_file},
    CU_TEST_INFO_NULL,
};
