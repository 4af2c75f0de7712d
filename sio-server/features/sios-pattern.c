/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-pattern.h"

#include <gio/gio.h>
#include <string.h>

typedef enum
{
  PART_LITERAL,
  PART_STAR,
  PART_STARS,
  PART_VARIABLE
} PartKind;

typedef struct
{
  PartKind kind;
  guint variable;
  char *literal;
  gsize length; /* of it */
} Part;

struct _SiosPattern
{
  char *text;
  GArray *parts; /* Part */
  gboolean has_variables;
};

static void
clear_part (gpointer data)
{
  Part *part = data;

  g_free (part->literal);
}

void
sios_pattern_free (SiosPattern *self)
{
  g_free (self->text);
  g_array_unref (self->parts);
  g_free (self);
}

static gboolean
fail (GError **error, const char *expected, const char *text)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected %s, got \"%s\"", expected,
               text);
  return FALSE;
}

static void
add_literal (SiosPattern *self, GString *literal)
{
  Part part = { .kind = PART_LITERAL, .length = literal->len };

  if (literal->len == 0)
    return;
  part.literal = g_strdup (literal->str);
  g_array_append_val (self->parts, part);
  g_string_truncate (literal, 0);
}

static gboolean
add_variable (SiosPattern *self, const char *name, const char *const *variables, GError **error)
{
  Part part = { .kind = PART_VARIABLE };
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; variables != NULL && variables[i] != NULL; i++)
    {
      if (strcmp (variables[i], name) == 0)
        {
          part.variable = i;
          g_array_append_val (self->parts, part);
          self->has_variables = TRUE;
          return TRUE;
        }
      g_string_append_printf (known, "%s{%s}", i > 0 ? ", " : "", variables[i]);
    }
  if (known->len == 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected no {…} in \"%s\", \\{ stands for the sign itself", self->text);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected one of %s, got {%s} in \"%s\"", known->str, name, self->text);
  return FALSE;
}

static gboolean
parse (SiosPattern *self, const char *const *variables, GError **error)
{
  g_autoptr (GString) literal = g_string_new (NULL);

  for (const char *c = self->text; *c != '\0'; c++)
    {
      if (*c == '\\')
        {
          if (c[1] == '\0' || strchr ("*{}\\", c[1]) == NULL)
            return fail (error, "*, {, } or \\ behind a \\", self->text);
          g_string_append_c (literal, *++c);
        }
      else if (*c == '*')
        {
          Part part = { .kind = c[1] == '*' ? PART_STARS : PART_STAR };

          add_literal (self, literal);
          g_array_append_val (self->parts, part);
          if (part.kind == PART_STARS)
            c++;
          if (c[1] == '*')
            return fail (error, "no more than two stars side by side", self->text);
        }
      else if (*c == '{')
        {
          gsize length = strcspn (c + 1, "{}*\\");
          g_autofree char *name = g_strndup (c + 1, length);

          if (c[1 + length] != '}')
            return fail (error, "a } for each {", self->text);
          add_literal (self, literal);
          if (!add_variable (self, name, variables, error))
            return FALSE;
          c += length + 1;
        }
      else if (*c == '}')
        return fail (error, "a { for each }", self->text);
      else
        g_string_append_c (literal, *c);
    }
  add_literal (self, literal);
  return TRUE;
}

SiosPattern *
sios_pattern_new (const char *text, const char *const *variables, GError **error)
{
  g_autoptr (SiosPattern) self = g_new0 (SiosPattern, 1);

  self->text = g_strdup (text);
  self->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_array_set_clear_func (self->parts, clear_part);
  if (*text == '\0' || strlen (text) > SIOS_PATTERN_MAX_LENGTH || !g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (text, MIN (strlen (text), 40));

      fail (error, "a pattern of 1 to " G_STRINGIFY (SIOS_PATTERN_MAX_LENGTH) " bytes of UTF-8",
            shown);
      return NULL;
    }
  return parse (self, variables, error) ? g_steal_pointer (&self) : NULL;
}

const char *
sios_pattern_get_text (const SiosPattern *self)
{
  return self->text;
}

const char *
sios_pattern_get_prefix (const SiosPattern *self)
{
  const Part *first = &g_array_index (self->parts, Part, 0);

  return first->kind == PART_LITERAL ? first->literal : "";
}

gboolean
sios_pattern_has_variables (const SiosPattern *self)
{
  return self->has_variables;
}

/* Which places of the text the parts so far can reach: a byte for each, the end included. */
typedef struct
{
  const char *text;
  gsize length;
  const guint8 *from;
  guint8 *to;
} Step;

static gboolean
step_literal (Step *step, const char *literal, gsize length)
{
  gboolean any = FALSE;

  for (gsize i = 0; i + length <= step->length; i++)
    if (step->from[i] != 0 && memcmp (step->text + i, literal, length) == 0)
      any = step->to[i + length] = TRUE;
  return any;
}

static gboolean
step_star (Step *step, gboolean past_colons)
{
  gboolean inside = FALSE;
  gboolean any = FALSE;

  for (gsize i = 0; i < step->length; i++)
    {
      inside |= step->from[i] != 0;
      if (step->text[i] == ':' && !past_colons)
        inside = FALSE;
      if (inside)
        any = step->to[i + 1] = TRUE;
    }
  return any;
}

static gboolean
step_values (Step *step, const char *const *values, gboolean is_last)
{
  gboolean any = FALSE;

  for (guint i = 0; values != NULL && values[i] != NULL; i++)
    if (*values[i] != '\0' && (is_last || strchr (values[i], ':') == NULL))
      any |= step_literal (step, values[i], strlen (values[i]));
  return any;
}

gboolean
sios_pattern_match (const SiosPattern *self,
                    const char *text,
                    SiosPatternFunc func,
                    gpointer user_data)
{
  const Part *first = &g_array_index (self->parts, Part, 0);
  guint8 reached[2][SIOS_PATTERN_MAX_TEXT + 1];
  Step step = { .text = text, .length = strlen (text) };

  if (first->kind == PART_LITERAL && strncmp (text, first->literal, first->length) != 0)
    return FALSE;
  if (first->kind == PART_LITERAL && self->parts->len == 1)
    return step.length == first->length;
  if (step.length > SIOS_PATTERN_MAX_TEXT)
    return FALSE;
  memset (reached[0], 0, step.length + 1);
  reached[0][0] = TRUE;
  for (guint i = 0; i < self->parts->len; i++)
    {
      const Part *part = &g_array_index (self->parts, Part, i);
      gboolean is_last = i + 1 == self->parts->len;
      gboolean any = FALSE;

      step.from = reached[i % 2];
      step.to = reached[(i + 1) % 2];
      memset (step.to, 0, step.length + 1);
      if (part->kind == PART_LITERAL)
        any = step_literal (&step, part->literal, part->length);
      else if (part->kind == PART_VARIABLE && func != NULL)
        any = step_values (&step, func (part->variable, user_data), is_last);
      else
        any =
            step_star (&step, part->kind == PART_STARS || (part->kind == PART_VARIABLE && is_last));
      if (!any)
        return FALSE;
    }
  return reached[self->parts->len % 2][step.length] != 0;
}
