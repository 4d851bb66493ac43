/* An expression as statements, each value in a variable of its own. */
#include <errno.h>
#include <string.h>

#include "opencl_generate.h"

static const char *const class_types[] = {"void", "long", "ulong", "double", "ulong"};

enum generate_class generate_class_of(const struct table_kind *kind)
{
	switch (kind->type) {
	case TABLE_UINT8:
	case TABLE_UINT16:
	case TABLE_UINT32:
	case TABLE_UINT64:
		return GENERATE_ULONG;
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return GENERATE_REAL;
	case TABLE_DECIMAL128:
		return GENERATE_DECIMAL;
	case TABLE_UTF8:
	case TABLE_BINARY:
		return GENERATE_NONE;
	default:
		return GENERATE_LONG;
	}
}

static int refuse(struct generate *g, const char *what)
{
	return table_fail(g->error, -ENOTSUP, "%s", what);
}

/* A device that flushes subnormals, or has no doubles, would give other bits. */
static int kind_check(struct generate *g, const struct table_kind *kind)
{
	if (generate_class_of(kind) == GENERATE_REAL && !g->device->float64)
		return refuse(g, "the device has no strict float64");
	if (kind->type == TABLE_FLOAT32 && !g->device->float32)
		return refuse(g, "the device has no strict float32");
	return 0;
}

/* ---- Leaves ---- */

static const char *stored_type(enum table_type type)
{
	static const char *const types[TABLE_TYPES] = {
	    [TABLE_BOOL] = "uchar",     [TABLE_INT8] = "char",        [TABLE_INT16] = "short",
	    [TABLE_INT32] = "int",      [TABLE_INT64] = "long",       [TABLE_UINT8] = "uchar",
	    [TABLE_UINT16] = "ushort",  [TABLE_UINT32] = "uint",      [TABLE_UINT64] = "ulong",
	    [TABLE_FLOAT32] = "float",  [TABLE_FLOAT64] = "double",   [TABLE_DATE32] = "int",
	    [TABLE_TIMESTAMP] = "long", [TABLE_DECIMAL128] = "ulong",
	};

	return types[type];
}

void generate_parameters(FILE *out, const struct generate_columns *columns, bool nulls)
{
	fputs("#define COLUMN_PARAMETERS ", out);
	for (uint32_t i = 0; i < columns->count; i++) {
		fprintf(out, "__global const %s *restrict c%u, ",
			stored_type(columns->schema->fields[columns->columns[i]].kind.type), i);
		if (nulls)
			fprintf(out, "__global const uchar *restrict b%u, uint has%u, ", i, i);
	}
	fputs("\n#define COLUMNS ", out);
	for (uint32_t i = 0; i < columns->count; i++)
		fprintf(out, nulls ? "c%u, b%u, has%u, " : "c%u, ", i, i, i);
	fputc('\n', out);
}

static uint32_t parameter_of(struct generate_columns *columns, uint32_t column)
{
	for (uint32_t i = 0; i < columns->count; i++)
		if (columns->columns[i] == column)
			return i;
	columns->columns[columns->count] = column;
	return columns->count++;
}

static int column_load(struct generate *g, uint32_t column, struct generate_value *value)
{
	const struct table_field *field = &g->columns->schema->fields[column];
	enum generate_class class =
	    field->dictionary ? GENERATE_NONE : generate_class_of(&field->kind);
	int rc = kind_check(g, &field->kind);
	uint32_t p, id;

	*value = (struct generate_value){class, 0};
	if (class == GENERATE_NONE || rc < 0)
		return rc;
	id = value->id = g->next++;
	p = parameter_of(g->columns, column);
	if (field->kind.type == TABLE_BOOL)
		fprintf(g->out, "\tlong v%u = bit_get(c%u, row);\n", id, p);
	else if (class == GENERATE_DECIMAL)
		fprintf(g->out, "\tulong v%u = c%u[2 * row]; long h%u = (long)c%u[2 * row + 1];\n",
			id, p, id, p);
	else
		fprintf(g->out, "\t%s v%u = c%u[row];\n", class_types[class], id, p);
	if (g->nulls)
		fprintf(g->out, "\tbool n%u = has%u && !bit_get(b%u, row);\n", id, p, p);
	else
		fprintf(g->out, "\tconst bool n%u = false;\n", id);
	return 0;
}

int generate_column(struct generate *g, uint32_t column, struct generate_value *value)
{
	int rc = 0;

	if (g->values != NULL) {
		*value = g->values[column];
		return 0;
	}
	if (g->loaded[column].id == 0)
		rc = column_load(g, column, &g->loaded[column]);
	*value = g->loaded[column];
	return rc;
}

static int literal(struct generate *g, const struct expression *e, struct generate_value *value)
{
	enum generate_class class = value->class;
	uint32_t id = value->id, bytes = table_type_bytes(e->kind.type);
	uint64_t words[2] = {0, 0};
	float narrow;
	double wide;

	if (class == GENERATE_NONE)
		return refuse(g, "text is not for OpenCL yet");
	memcpy(words, e->fixed, bytes > 0 ? bytes : 1);
	if (e->kind.type == TABLE_FLOAT32) {
		memcpy(&narrow, e->fixed, sizeof(narrow));
		wide = (double)narrow;
		memcpy(words, &wide, sizeof(wide));
	}
	if (class == GENERATE_LONG && bytes > 0 && bytes < 8 && words[0] >> (8 * bytes - 1) != 0)
		words[0] |= ~0ull << (8 * bytes); /* the sign */
	if (e->kind.type == TABLE_BOOL)
		words[0] = words[0] != 0;
	if (class == GENERATE_REAL)
		fprintf(g->out, "\tconst double v%u = as_double(0x%016llxUL);\n", id,
			(unsigned long long)words[0]);
	else
		fprintf(g->out, "\tconst %s v%u = (%s)0x%016llxUL;\n", class_types[class], id,
			class_types[class], (unsigned long long)words[0]);
	if (class == GENERATE_DECIMAL)
		fprintf(g->out, "\tconst long h%u = (long)0x%016llxUL;\n", id,
			(unsigned long long)words[1]);
	fprintf(g->out, "\tconst bool n%u = %s;\n", id, e->null ? "true" : "false");
	return 0;
}

/* ---- Operations ---- */

static int arithmetic(struct generate *g, const struct expression *e, uint32_t id,
		      const struct generate_value *in)
{
	static const char *const names[] = {"add", "subtract", "multiply", "divide", "modulo"};
	static const char signs[] = "+-*/";
	uint32_t op = e->op - EXPRESSION_ADD, a = in[0].id, b = in[1].id;
	enum generate_class class = in[0].class;
	bool narrow = e->kind.type == TABLE_INT32 || e->kind.type == TABLE_UINT32;
	bool zero = e->op == EXPRESSION_DIVIDE || e->op == EXPRESSION_MODULO;

	if (class == GENERATE_DECIMAL)
		return refuse(g, "arithmetic of decimals is not for OpenCL yet");
	if (class == GENERATE_REAL) {
		fprintf(g->out, "\tbool n%u = n%u || n%u;\n", id, a, b);
		if (e->op == EXPRESSION_DIVIDE && e->kind.type == TABLE_FLOAT32 &&
		    !g->device->float32_divide)
			return refuse(g, "the device does not divide float32 exactly");
		fprintf(g->out,
			e->kind.type == TABLE_FLOAT32 ? "\tdouble v%u = (float)v%u %c (float)v%u;\n"
						      : "\tdouble v%u = v%u %c v%u;\n",
			id, a, signs[op], b);
		return 0;
	}
	fprintf(g->out, "\tbool n%u = n%u || n%u%s", id, a, b, zero ? "" : ";\n");
	if (zero)
		fprintf(g->out, " || v%u == 0;\n", b);
	fprintf(g->out, "\t%s v%u = %s_%s(v%u, v%u, active && !n%u, bad);\n", class_types[class],
		id, class_types[class], names[op], a, b, id);
	if (narrow)
		fprintf(g->out, "\t%s_check(v%u, active && !n%u, bad);\n",
			class == GENERATE_LONG ? "narrow" : "unarrow", id, id);
	return 0;
}

static int negate(struct generate *g, const struct expression *e, uint32_t id,
		  const struct generate_value *in)
{
	if (in->class == GENERATE_DECIMAL)
		return refuse(g, "arithmetic of decimals is not for OpenCL yet");
	fprintf(g->out, "\tbool n%u = n%u;\n", id, in->id);
	if (in->class == GENERATE_REAL) {
		fprintf(g->out, "\tdouble v%u = -v%u;\n", id, in->id);
		return 0;
	}
	fprintf(g->out, "\tlong v%u = long_subtract(0, v%u, active && !n%u, bad);\n", id, in->id,
		id);
	if (e->kind.type == TABLE_INT32)
		fprintf(g->out, "\tnarrow_check(v%u, active && !n%u, bad);\n", id, id);
	return 0;
}

static void comparison(struct generate *g, enum expression_op op, uint32_t id,
		       const struct generate_value *in)
{
	static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">="};
	const char *sign = signs[op - EXPRESSION_EQUAL];
	bool swap = op == EXPRESSION_GREATER || op == EXPRESSION_LESS_EQUAL;
	bool turn = op == EXPRESSION_LESS_EQUAL || op == EXPRESSION_GREATER_EQUAL ||
		    op == EXPRESSION_NOT_EQUAL;
	uint32_t a = in[swap].id, b = in[!swap].id;

	fprintf(g->out, "\tbool n%u = n%u || n%u;\n\tlong v%u = ", id, in[0].id, in[1].id, id);
	if (in->class == GENERATE_REAL)
		fprintf(g->out, "%s%s(v%u, v%u);\n", turn ? "!" : "",
			op <= EXPRESSION_NOT_EQUAL ? "real_equal" : "real_less", a, b);
	else if (in->class == GENERATE_DECIMAL)
		fprintf(g->out, "decimal_order(v%u, h%u, v%u, h%u) %s 0;\n", in[0].id, in[0].id,
			in[1].id, in[1].id, sign);
	else
		fprintf(g->out, "v%u %s v%u;\n", in[0].id, sign, in[1].id);
}

/* What is known decides, whatever the other is. */
static void kleene(struct generate *g, enum expression_op op, uint32_t id,
		   const struct generate_value *in)
{
	bool either = op == EXPRESSION_OR;
	uint32_t a = in[0].id, b = in[1].id;

	fprintf(g->out, "\tbool d%u = (!n%u && v%u == %u) || (!n%u && v%u == %u);\n", id, a, a,
		either, b, b, either);
	fprintf(g->out, "\tbool n%u = !d%u && (n%u || n%u);\n", id, id, a, b);
	fprintf(g->out, "\tlong v%u = %sd%u;\n", id, either ? "" : "!", id);
}

static const long long units[] = {1, 1000, 1000000, 1000000000};

static long long day_units(const struct table_kind *kind)
{
	return kind->type == TABLE_DATE32 ? 1 : 86400 * units[kind->unit];
}

static void date_part(struct generate *g, const struct expression *e, uint32_t id, uint32_t in)
{
	fprintf(g->out, "\tbool n%u = n%u;\n", id, in);
	fprintf(g->out, "\tlong v%u = days_part(long_floor(v%u, %lldL), %u);\n", id, in,
		day_units(&e->arguments[0]->kind), e->op - EXPRESSION_YEAR);
	fprintf(g->out, "\tnarrow_check(v%u, active && !n%u, bad);\n", id, id);
}

/* ---- Casts ---- */

static void integer_check(struct generate *g, enum table_type to, uint32_t id)
{
	uint32_t bits = 8 * table_type_bytes(to);

	if (bits == 64 || bits == 0)
		return;
	if (to >= TABLE_UINT8 && to <= TABLE_UINT64)
		fprintf(g->out, "\turange_check(v%u, 0x%llxUL, active && !n%u, bad);\n", id,
			~0ull >> (64 - bits), id);
	else
		fprintf(g->out, "\trange_check(v%u, -0x%llxL, 0x%llxL, active && !n%u, bad);\n", id,
			1ull << (bits - 1), (1ull << (bits - 1)) - 1, id);
}

static void cast_time(struct generate *g, const struct expression *e, uint32_t id, uint32_t in)
{
	long long have = day_units(&e->arguments[0]->kind), want = day_units(&e->kind);

	if (want >= have)
		fprintf(g->out, "\tlong v%u = long_multiply(v%u, %lldL, active && !n%u, bad);\n",
			id, in, want / have, id);
	else
		fprintf(g->out, "\tlong v%u = long_floor(v%u, %lldL);\n", id, in, have / want);
	if (want < have && e->kind.type == TABLE_DATE32)
		fprintf(g->out, "\tnarrow_check(v%u, active && !n%u, bad);\n", id, id);
}

static void cast_integer(struct generate *g, const struct expression *e, uint32_t id,
			 const struct generate_value *in)
{
	enum generate_class to = generate_class_of(&e->kind);

	if (e->kind.type == TABLE_BOOL) {
		fprintf(g->out, "\tlong v%u = v%u != 0;\n", id, in->id);
	} else if (to == GENERATE_REAL) {
		fprintf(g->out, "\tdouble v%u = (%s)v%u;\n", id,
			e->kind.type == TABLE_FLOAT32 ? "float" : "double", in->id);
	} else {
		fprintf(g->out, "\t%s v%u = (%s)v%u;\n", class_types[to], id, class_types[to],
			in->id);
		if (to != in->class) /* what the other has no place for */
			fprintf(g->out,
				"\trange_check((long)v%u, 0, LONG_MAX, active && !n%u, bad);\n",
				in->id, id);
		integer_check(g, e->kind.type, id);
	}
}

static void cast_real(struct generate *g, const struct expression *e, uint32_t id, uint32_t in)
{
	enum generate_class to = generate_class_of(&e->kind);

	if (to == GENERATE_REAL) {
		fprintf(g->out, "\tdouble v%u = %sv%u;\n", id,
			e->kind.type == TABLE_FLOAT32 ? "(float)" : "", in);
		return;
	}
	fprintf(g->out, "\t%s v%u = real_to_%s(v%u, active && !n%u, bad);\n", class_types[to], id,
		class_types[to], in, id);
	integer_check(g, e->kind.type, id);
}

static int cast(struct generate *g, const struct expression *e, uint32_t id,
		const struct generate_value *in)
{
	const struct table_kind *from = &e->arguments[0]->kind, *to = &e->kind;
	bool time = from->type == TABLE_DATE32 || from->type == TABLE_TIMESTAMP;

	if (in->class == GENERATE_DECIMAL || to->type == TABLE_DECIMAL128)
		return refuse(g, "casts of decimals are not for OpenCL yet");
	if (table_type_is_text(to->type))
		return refuse(g, "text is not for OpenCL yet");
	if (in->class == GENERATE_REAL && to->type == TABLE_BOOL)
		return refuse(g, "casts of floats to bool are not for OpenCL");
	fprintf(g->out, "\tbool n%u = n%u;\n", id, in->id);
	if (time)
		cast_time(g, e, id, in->id);
	else if (in->class == GENERATE_REAL)
		cast_real(g, e, id, in->id);
	else
		cast_integer(g, e, id, in);
	return 0;
}

/* ---- The tree ---- */

static int operation(struct generate *g, const struct expression *e, struct generate_value *value,
		     const struct generate_value *in)
{
	uint32_t id = value->id;

	switch (e->op) {
	case EXPRESSION_AND:
	case EXPRESSION_OR:
		kleene(g, e->op, id, in);
		return 0;
	case EXPRESSION_NOT:
		fprintf(g->out, "\tbool n%u = n%u; long v%u = v%u == 0;\n", id, in->id, id, in->id);
		return 0;
	case EXPRESSION_IS_NULL:
		fprintf(g->out, "\tlong v%u = n%u; const bool n%u = false;\n", id, in->id, id);
		return 0;
	case EXPRESSION_NEGATE:
		return negate(g, e, id, in);
	case EXPRESSION_CAST:
		return cast(g, e, id, in);
	case EXPRESSION_YEAR:
	case EXPRESSION_MONTH:
	case EXPRESSION_DAY:
		date_part(g, e, id, in->id);
		return 0;
	default:
		if (e->op >= EXPRESSION_ADD && e->op <= EXPRESSION_MODULO)
			return arithmetic(g, e, id, in);
		if (e->op < EXPRESSION_EQUAL || e->op > EXPRESSION_GREATER_EQUAL)
			return refuse(g, "functions of text and decimals are not for OpenCL yet");
		comparison(g, e->op, id, in);
		return 0;
	}
}

int generate_expression(struct generate *g, const struct expression *e,
			struct generate_value *value)
{
	struct generate_value in[EXPRESSION_ARGUMENTS_MAX];
	int rc = 0;

	if (e->op == EXPRESSION_COLUMN)
		return generate_column(g, e->column, value);
	for (uint32_t i = 0; i < e->count && rc == 0; i++) {
		rc = generate_expression(g, e->arguments[i], &in[i]);
		if (rc == 0 && in[i].class == GENERATE_NONE)
			rc = refuse(g, "text and dictionaries are not for OpenCL yet");
	}
	if (rc == 0)
		rc = kind_check(g, &e->kind);
	if (rc < 0)
		return rc;
	*value = (struct generate_value){generate_class_of(&e->kind), g->next++};
	return e->op == EXPRESSION_LITERAL ? literal(g, e, value) : operation(g, e, value, in);
}
