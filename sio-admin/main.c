/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "sioa-application.h"

int
main (int argc, char **argv)
{
  g_autoptr (SioaApplication) application = NULL;

  setlocale (LC_ALL, "");
  g_set_application_name (_ ("Socket.IO Administration"));
  application = sioa_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
