/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-metric-json.h"

typedef struct
{
  GString *json;
  char *group;
  char *name; /* of labels that are not closed yet */
} Writer;

/* unknown_events → "unknownEvents": */
static void
append_member (GString *json, const char *name)
{
  g_string_append_c (json, '"');
  for (const char *c = name; *c != '\0'; c++)
    if (*c == '_' && c[1] != '\0')
      g_string_append_c (json, g_ascii_toupper (*++c));
    else
      g_string_append_c (json, *c);
  g_string_append (json, "\":");
}

/* Ends an object in which each value is followed by a comma. */
static void
close_object (GString *json)
{
  if (json->str[json->len - 1] == ',')
    g_string_truncate (json, json->len - 1);
  g_string_append (json, "},");
}

/* "group":{"name":1,"name with a label":{"value":1}}, */
static void
write_metric (const SiosMetric *metric, gpointer user_data)
{
  Writer *writer = user_data;
  gboolean same_group = g_strcmp0 (writer->group, metric->group) == 0;

  if (writer->name != NULL && (!same_group || g_strcmp0 (writer->name, metric->name) != 0))
    {
      close_object (writer->json);
      g_clear_pointer (&writer->name, g_free);
    }
  if (!same_group)
    {
      if (writer->group != NULL)
        close_object (writer->json);
      g_free (writer->group);
      writer->group = g_strdup (metric->group);
      append_member (writer->json, metric->group);
      g_string_append_c (writer->json, '{');
    }
  if (metric->label == NULL || writer->name == NULL)
    append_member (writer->json, metric->name);
  if (metric->label != NULL)
    {
      if (writer->name == NULL)
        {
          writer->name = g_strdup (metric->name);
          g_string_append_c (writer->json, '{');
        }
      append_member (writer->json, metric->label_value);
    }
  g_string_append_printf (writer->json, "%" G_GUINT64_FORMAT ",", metric->value);
}

void
sios_metrics_append_json (GString *json, SiosFeatures *features)
{
  Writer writer = { json, NULL, NULL };

  sios_features_visit_metrics (features, write_metric, &writer);
  if (writer.name != NULL)
    close_object (json);
  if (writer.group != NULL)
    close_object (json);
  g_free (writer.name);
  g_free (writer.group);
}
