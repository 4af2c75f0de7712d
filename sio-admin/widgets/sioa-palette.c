/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-palette.h"

#include <adwaita.h>

void
sioa_palette_get (GtkWidget *widget, guint number, GdkRGBA *color)
{
  static const struct
  {
    const char *name;
    const char *fallback;
  } colors[2][SIOA_N_COLORS] = { { { "blue_4", "#1c71d8" },
                                   { "orange_4", "#e66100" },
                                   { "purple_3", "#9141ac" },
                                   { "green_5", "#26a269" } },
                                 { { "blue_2", "#62a0ea" },
                                   { "orange_2", "#ffa348" },
                                   { "purple_1", "#dc8add" },
                                   { "green_3", "#33d17a" } } };
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget),
                                       colors[dark][number].name, color))
    gdk_rgba_parse (color, colors[dark][number].fallback);
}
