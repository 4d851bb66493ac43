/* A program that asks for what no function has. */
#include <unistd.h>

int fork(void);

int main(void)
{
	return fork() == 0 ? 0 : 1;
}
