/* `encrypt` and `decrypt`: the key is a parameter of the job's, and never in a text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "encrypt.h"
#include "text_step.h"

struct encrypt_step {
	struct text_step text;
	struct encryptor *encryptor; /* one of both */
	struct decryptor *decryptor;
	struct table_bytes out;
};

static void encrypt_close(struct text_step *step)
{
	struct encrypt_step *s = (struct encrypt_step *)(void *)step;

	encryptor_destroy(&s->encryptor);
	decryptor_destroy(&s->decryptor);
	table_bytes_free(&s->out);
	free(s);
}

static int salt_renew(struct encryptor *encryptor)
{
	uint8_t salt[ENCRYPT_SALT_BYTES];

	if (getrandom(salt, sizeof(salt), 0) != sizeof(salt))
		return -EIO;
	return encryptor_salt(encryptor, salt);
}

static int encrypt_make(struct text_step *step, const struct table_value *value, uint64_t more,
			uint64_t row, struct table_error *error)
{
	struct encrypt_step *s = (struct encrypt_step *)(void *)step;
	int rc = 0;

	s->out.count = 0;
	if (encryptor_wants_salt(s->encryptor, value->count))
		rc = salt_renew(s->encryptor);
	if (rc == 0)
		rc = encrypt_value(s->encryptor, value->bytes, value->count, &s->out);
	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc, "%s",
				     rc == -E2BIG ? "the value is too long"
				     : rc == -EIO ? "the system gives no random bytes"
						  : "no memory");
	return text_put_bytes(step, 0, &s->out, row, error);
}

static int decrypt_make(struct text_step *step, const struct table_value *value, uint64_t more,
			uint64_t row, struct table_error *error)
{
	struct encrypt_step *s = (struct encrypt_step *)(void *)step;
	struct table_error inner;
	int rc;

	s->out.count = 0;
	rc = decrypt_value(s->decryptor, value->bytes, value->count, &s->out, &inner);
	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc, "%.400s", inner.text);
	return text_put_bytes(step, 0, &s->out, row, error);
}

static const struct text_step_ops encrypt_ops = {encrypt_make, encrypt_close};
static const struct text_step_ops decrypt_ops = {decrypt_make, encrypt_close};

static int key_find(const struct operator_bound *bound, const struct operator_parameter *parameter,
		    uint8_t key[ENCRYPT_KEY_BYTES], struct table_error *error)
{
	const struct operator_codec *codec = bound->detail;
	struct table_error inner;

	while (parameter != NULL && parameter->name != NULL &&
	       strcmp(parameter->name, codec->key) != 0)
		parameter++;
	if (parameter == NULL || parameter->name == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOENT,
				     "there is no parameter %s, which has the key: give it with "
				     "--params %s=FILE",
				     codec->key, codec->key);
	if (encrypt_key_parse(parameter->bytes, parameter->count, key, &inner) < 0)
		return operator_fail(bound, UINT64_MAX, error, -EINVAL, "parameter %s: %.300s",
				     codec->key, inner.text);
	return 0;
}

static int cipher_create(struct encrypt_step *s, const struct operator_bound *bound,
			 const struct operator_context *context, struct table_error *error)
{
	bool encrypts = bound->kind->id == OPERATOR_ENCRYPT;
	uint8_t key[ENCRYPT_KEY_BYTES];
	int rc = key_find(bound, context->parameters, key, error);

	if (rc < 0)
		return rc;
	rc = encrypts ? encryptor_create(key, &s->encryptor) : decryptor_create(key, &s->decryptor);
	explicit_bzero(key, sizeof(key));
	s->text.ops = encrypts ? &encrypt_ops : &decrypt_ops;
	return rc < 0 ? operator_fail(bound, UINT64_MAX, error, rc, "no memory") : 0;
}

static int cipher_open_step(const struct operator_bound *bound,
			    const struct operator_context *context, struct operator_step **step,
			    struct table_error *error)
{
	struct encrypt_step *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	rc = cipher_create(s, bound, context, error);
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->text.made_count = 1;
	s->text.replaces = true;
	return text_step_open(&s->text, bound, context, step, error);
}

int text_encrypt_open(const struct operator_bound *bound, const struct operator_context *context,
		      struct operator_step **step, struct table_error *error)
{
	return cipher_open_step(bound, context, step, error);
}

int text_decrypt_open(const struct operator_bound *bound, const struct operator_context *context,
		      struct operator_step **step, struct table_error *error)
{
	return cipher_open_step(bound, context, step, error);
}
