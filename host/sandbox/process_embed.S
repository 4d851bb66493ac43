/* The zygote's executable file, as data. */
	.section .rodata
	.globl process_zygote_file, process_zygote_file_end
	.hidden process_zygote_file, process_zygote_file_end
	.balign 64
process_zygote_file:
	.incbin ZYGOTE_FILE
process_zygote_file_end:
	.section .note.GNU-stack, "", @progbits
