/*
 * Writer of OBJECT.
 */
#include "lines/writers.h"

#include "lines/ivars.h"
#include "mri/mri.h"
#include "out/json.h"

void
hd_write_object_fields(struct hd_dump *dump, VALUE obj) {
    if (!hd_fields_of(dump, obj)) hd_write_ivars(dump, obj);
    if (hd_mri_object_embedded(obj)) HD_PUT(&dump->out, ",\"embedded\":true");
}
