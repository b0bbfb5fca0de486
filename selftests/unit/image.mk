# SPDX-License-Identifier: GPL-2.0
# vmm-lite's reader of disk images: alone under sanitizers, and in the process that the VMM starts
# for it, whose limits leave a sanitizer no room.
image-vmm := $(TOP)/vmm-lite
image-pure := $(addprefix $(image-vmm)/,image/part.c image/ext4.c image/entry.c image/scan.c util.c)
image-flags := -D_GNU_SOURCE -I$(image-vmm)

TESTS += image_jail
image_jail-srcs := image_jail.c $(image-vmm)/image/image.c $(image-vmm)/util.c
image_jail-cflags := $(image-flags) -fno-sanitize=all -DCHILD_SECONDS=1

image-programs := $(addprefix $(OUT)/,image_scan image_child image_fuzz)
all: $(image-programs)

$(OUT)/image_scan: image_scan.c $(image-pure)
	$(CC) $(UNIT_CFLAGS) $(image-flags) -o $@ $(filter %.c,$^) -lext2fs -lcom_err
$(OUT)/image_child: image_scan.c $(image-pure) $(image-vmm)/image/image.c
	$(CC) $(UNIT_CFLAGS) $(image-flags) -fno-sanitize=all -DIN_CHILD -o $@ $(filter %.c,$^) \
		-lext2fs -lcom_err
$(OUT)/image_fuzz: image_fuzz.c $(image-pure)
	$(CC) $(UNIT_CFLAGS) $(image-flags) -o $@ $(filter %.c,$^) -lext2fs -lcom_err
$(image-programs): $(image-vmm)/image/image.h $(image-vmm)/vmm.h Makefile | $(OUT)

SCRIPTS += image
image-run := ./image.sh $(OUT)
