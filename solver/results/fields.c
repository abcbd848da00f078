/* fields.c -- the unit cell's activity as legacy VTK files, which ParaView opens. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/text/file.h"
#include "solver/results/result.h"

/* A structured grid of the mesh's nodes, r across and depth downwards; in one dimension a line. */
static int write_field(const struct study *s, const struct solution *sol, size_t k, const char *path, struct err *e)
{
    struct file_out o;
    size_t n = sol->nz * sol->nr;
    int rc = file_create(&o, path, e);
    if (rc) return rc;
    fprintf(o.f,
            "# vtk DataFile Version 3.0\nactivity after %.10g h\nASCII\nDATASET STRUCTURED_GRID\nDIMENSIONS %zu %zu "
            "1\nPOINTS %zu double\n",
            sol->t[k] / HOUR, sol->nr, sol->nz, n);
    for (size_t i = 0; i < n; i++)
        fprintf(o.f, "%.9g %.9g 0\n", sol->field_r[i] * 1e6, -(sol->field_z[i] - skin_surface(&s->problem)) * 1e6);
    fprintf(o.f, "POINT_DATA %zu\nSCALARS activity_mg_mL double 1\nLOOKUP_TABLE default\n", n);
    for (size_t i = 0; i < n; i++)
        fprintf(o.f, "%.9g\n", sol->field[k * n + i]);
    return file_commit(&o, e);
}

static int write_series(const struct solution *sol, const char *path, struct err *e)
{
    struct file_out o;
    int rc = file_create(&o, path, e);
    if (rc) return rc;
    fprintf(o.f, "{\"file-series-version\": \"1.0\", \"files\": [\n");
    for (size_t k = 0; k < sol->n_out; k++)
        fprintf(o.f, "  {\"name\": \"fields/%04zu.vtk\", \"time\": %.10g}%s\n", k, sol->t[k] / HOUR,
                k + 1 < sol->n_out ? "," : "");
    fprintf(o.f, "]}\n");
    return file_commit(&o, e);
}

int fields_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e)
{
    char path[FOLDER_PATH + 100], name[40];
    if (mkdir(folder_file(f, "fields", path), 0755) != 0)
        return err_set(e, ERR_IO, "cannot make the folder '%s': %s", path, strerror(errno));
    int rc = write_series(sol, folder_file(f, "fields.vtk.series", path), e);
    for (size_t k = 0; !rc && k < sol->n_out; k++) {
        snprintf(name, sizeof name, "fields/%04zu.vtk", k);
        rc = write_field(s, sol, k, folder_file(f, name, path), e);
    }
    return rc;
}
