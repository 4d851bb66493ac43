/* An item's key and name in the name of its file; item_folder.h says how. */
#ifndef ITEM_NAME_H
#define ITEM_NAME_H

#include "item_folder.h"

/* Fills name, key and file of an item that is zero. 0, -ENOMEM, or -EILSEQ for a '%' without two
 * digits. What is there after an error is the caller's to free. */
int item_name_parse(const char *file, struct folder_item *item);
/* Fills file; number 0 is left out. 0 or -ENAMETOOLONG. */
int item_name_print(struct folder_item *item, uint32_t number);
bool item_name_same(const struct folder_item *a, const struct folder_item *b);
/* By key and name; those alike stay in their order. */
void item_names_sort(struct folder_item *items, uint32_t count);

#endif
