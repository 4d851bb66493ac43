/* An executable file, as data: FILE, between SYMBOL and END. */
	.section .rodata
	.globl SYMBOL, END
	.hidden SYMBOL, END
	.balign 64
SYMBOL:
	.incbin FILE
END:
	.section .note.GNU-stack, "", @progbits
