/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-limits.h"

#include <sys/resource.h>

#include "sios-feature.h"
#include "sios-record.h"

/* Listening sockets, files, the journal, the bus, threads */
#define OTHER_DESCRIPTORS 64
/* What the library asks for. */
#define BACKLOG 4096
#define SOMAXCONN_FILE "/proc/sys/net/core/somaxconn"

typedef struct
{
  guint64 checked; /* max-connections that was looked at */
} Limits;

char *
sios_limits_check_descriptors (guint64 max_connections, guint64 limit)
{
  guint64 needed = max_connections + OTHER_DESCRIPTORS;

  if (max_connections == 0 || limit >= needed)
    return NULL;
  return g_strdup_printf ("max-connections is %" G_GUINT64_FORMAT ", but only %" G_GUINT64_FORMAT
                          " files can be open; set LimitNOFILE= of the service (or ulimit -n) to "
                          "%" G_GUINT64_FORMAT " or more, or lower max-connections",
                          max_connections, limit, needed);
}

char *
sios_limits_check_backlog (guint64 max_connections, guint64 somaxconn)
{
  guint64 wanted = MIN (max_connections, BACKLOG);

  if (somaxconn == 0 || somaxconn >= wanted)
    return NULL;
  return g_strdup_printf ("max-connections is %" G_GUINT64_FORMAT ", but only %" G_GUINT64_FORMAT
                          " connections can wait to be accepted, so clients that come back all "
                          "together meet a closed door; set the sysctl net.core.somaxconn to "
                          "%" G_GUINT64_FORMAT,
                          max_connections, somaxconn, wanted);
}

static gpointer
limits_create (SiosFeatures *features)
{
  return g_new0 (Limits, 1);
}

/* With ProcSubset=pid of the service it cannot be read. */
static gpointer
limits_prepare (SiosConfig *config, GPtrArray *problems)
{
  guint64 *somaxconn = g_new0 (guint64, 1);
  g_autofree char *text = NULL;

  if (g_file_get_contents (SOMAXCONN_FILE, &text, NULL, NULL))
    *somaxconn = g_ascii_strtoull (text, NULL, 10);
  return somaxconn;
}

static void
limits_configure (gpointer data, SiosConfig *config)
{
  Limits *self = data;
  guint64 max_connections = sios_config_get_integer (config, "limits", "max-connections");
  const guint64 *somaxconn = sios_config_get_prepared (config, "limits");
  g_autofree char *descriptors = NULL;
  g_autofree char *backlog = NULL;
  struct rlimit limit;

  /* Each number is told of once. */
  if (self->checked == max_connections)
    return;
  self->checked = max_connections;
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    descriptors = sios_limits_check_descriptors (max_connections, limit.rlim_cur);
  if (descriptors != NULL)
    {
      g_autofree char *wanted = g_strdup_printf ("%" G_GUINT64_FORMAT, max_connections);
      g_autofree char *granted = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) limit.rlim_cur);
      const SiosField fields[] = { { "SIO_MAX_CONNECTIONS", wanted },
                                   { "SIO_LIMIT", granted },
                                   { NULL } };

      sios_record_write (SIOS_RECORD_FEW_DESCRIPTORS, fields, "%s", descriptors);
    }
  if (somaxconn != NULL)
    backlog = sios_limits_check_backlog (max_connections, *somaxconn);
  if (backlog != NULL)
    g_warning ("%s", backlog);
}

const SiosFeature sios_limits_feature = {
  .name = "limits",
  .create = limits_create,
  .destroy = g_free,
  .prepare = limits_prepare,
  .release = g_free,
  .configure = limits_configure,
};
