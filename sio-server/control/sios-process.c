/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-process.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* proc(5): fields of /proc/self/stat behind the name of the program, which begin with number 3 */
#define FIELD_USER_TIME (14 - 3)
#define FIELD_SYSTEM_TIME (15 - 3)
#define FIELD_START_TIME (22 - 3)
#define FIELD_VIRTUAL_BYTES (23 - 3)
#define FIELD_RESIDENT_PAGES (24 - 3)

static gboolean
read_stat (SiosProcess *process, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  const char *name_end;
  double ticks = (double) sysconf (_SC_CLK_TCK);
  struct timespec since_boot;
  double age;

  if (!g_file_get_contents ("/proc/self/stat", &text, NULL, error))
    return FALSE;
  /* The name is in parentheses and may have some itself. */
  name_end = strrchr (text, ')');
  fields = g_strsplit (name_end != NULL && name_end[1] != '\0' ? name_end + 2 : "", " ", -1);
  if (g_strv_length (fields) <= FIELD_RESIDENT_PAGES)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "/proc/self/stat has %u fields behind the name, expected more than %d",
                   g_strv_length (fields), FIELD_RESIDENT_PAGES);
      return FALSE;
    }
  process->cpu_seconds = (g_ascii_strtod (fields[FIELD_USER_TIME], NULL) +
                          g_ascii_strtod (fields[FIELD_SYSTEM_TIME], NULL)) /
                         ticks;
  process->virtual_bytes = g_ascii_strtoull (fields[FIELD_VIRTUAL_BYTES], NULL, 10);
  process->resident_bytes =
      g_ascii_strtoull (fields[FIELD_RESIDENT_PAGES], NULL, 10) * (guint64) sysconf (_SC_PAGESIZE);
  clock_gettime (CLOCK_BOOTTIME, &since_boot);
  age = (double) since_boot.tv_sec + (double) since_boot.tv_nsec / 1e9 -
        g_ascii_strtod (fields[FIELD_START_TIME], NULL) / ticks;
  process->start_time = (double) g_get_real_time () / G_USEC_PER_SEC - age;
  return TRUE;
}

static gboolean
count_descriptors (SiosProcess *process, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  struct stat info;

  /* Linux 6.2 and later tell without a list. */
  if (stat ("/proc/self/fd", &info) == 0 && info.st_size > 0)
    {
      process->n_open_fds = (guint64) info.st_size;
      return TRUE;
    }
  dir = g_dir_open ("/proc/self/fd", 0, error);
  if (dir == NULL)
    return FALSE;
  while (g_dir_read_name (dir) != NULL)
    process->n_open_fds++;
  process->n_open_fds--; /* the one that reads */
  return TRUE;
}

static void
read_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autofree SiosProcess *process = g_new0 (SiosProcess, 1);
  struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
  GError *error = NULL;

  if (!read_stat (process, &error) || !count_descriptors (process, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  getrlimit (RLIMIT_NOFILE, &limit);
  process->max_fds = limit.rlim_cur == RLIM_INFINITY ? G_MAXUINT64 : limit.rlim_cur;
  g_task_return_pointer (task, g_steal_pointer (&process), g_free);
}

void
sios_process_read_async (GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, sios_process_read_async);
  g_task_run_in_thread (task, read_thread);
}

SiosProcess *
sios_process_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
