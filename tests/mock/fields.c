/* SPDX-License-Identifier: MIT */
#include "fields.h"

#include <string.h>

bool fields_refuse(struct api_error *e, const char *param, const char *code)
{
	e->param = param;
	e->code = code;
	return false;
}

bool fields_missing(struct api_error *e, const char *param)
{
	switch (e->voice) {
	case VOICE_OPENAI:
		api_error_say(e, "Missing required parameter: '%s'.", param);
		break;
	case VOICE_PYDANTIC:
		api_error_say(e, "%s: Field required", param);
		break;
	case VOICE_GOOGLE:
		api_error_say(
			e, "* GenerateContentRequest.%s: %s is not specified\n", param, param);
		break;
	case VOICE_AWS:
		api_error_say(e,
			"1 validation error detected: Value null at '%s' failed to satisfy constraint: "
			"Member must not be null",
			param);
		break;
	case VOICE_PLAIN:
		api_error_say(e, "invalid request: %s is required", param);
		break;
	}
	return fields_refuse(e, param, "missing_required_parameter");
}

bool fields_type(struct api_error *e, const char *param, const char *wanted)
{
	switch (e->voice) {
	case VOICE_OPENAI:
		api_error_say(e, "Invalid type for '%s': expected %s.", param, wanted);
		break;
	case VOICE_PYDANTIC:
		api_error_say(e, "%s: Input should be %s", param, wanted);
		break;
	case VOICE_GOOGLE:
		api_error_say(e, "Invalid value at '%s': expected %s", param, wanted);
		break;
	case VOICE_AWS:
		api_error_say(e, "Malformed input request: #/%s: expected %s", param, wanted);
		break;
	case VOICE_PLAIN:
		api_error_say(e, "invalid request: %s must be %s", param, wanted);
		break;
	}
	return fields_refuse(e, param, "invalid_type");
}

bool fields_value(struct api_error *e, const char *param, const char *value)
{
	int n = (int)utf8_fit(value, strnlen(value, 64));
	api_error_say(e, "Invalid value: '%.*s' is not one that %s may have.", n, value, param);
	return fields_refuse(e, param, "invalid_value");
}

static bool refuse_range(struct api_error *e, const struct number_rule *rule, double number)
{
	api_error_say(e, "Invalid '%s': %g is not between %g and %g.", rule->name, number,
		rule->min, rule->max);
	return fields_refuse(e, rule->name, "invalid_value");
}

bool fields_numbers(
	const json_t *tree, const struct number_rule *rules, size_t n, struct api_error *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct number_rule *rule = &rules[i];
		const json_t *value = json_object_get(tree, rule->name);
		double number = json_number_value(value);
		if (!value || json_is_null(value))
			continue;
		if (rule->is_whole ? !json_is_integer(value) : !json_is_number(value))
			return fields_type(
				e, rule->name, rule->is_whole ? "an integer" : "a number");
		if (number < rule->min || number > rule->max)
			return refuse_range(e, rule, number);
	}
	return true;
}

bool fields_is_one_of(const char *text, const char *const *names)
{
	for (; text && *names; names++)
		if (strcmp(text, *names) == 0)
			return true;
	return false;
}

static bool refuse_unknown(struct api_error *e, const char *name)
{
	int n = (int)utf8_fit(name, strnlen(name, 64));
	switch (e->voice) {
	case VOICE_OPENAI:
		api_error_say(e, "Unknown parameter: '%.*s'.", n, name);
		break;
	case VOICE_PYDANTIC:
		api_error_say(e, "%.*s: Extra inputs are not permitted", n, name);
		break;
	case VOICE_GOOGLE:
		api_error_say(e,
			"Invalid JSON payload received. Unknown name \"%.*s\": Cannot find field.",
			n, name);
		break;
	case VOICE_AWS:
	case VOICE_PLAIN:
		api_error_say(e, "invalid request: unknown field '%.*s'", n, name);
		break;
	}
	return fields_refuse(e, NULL, "unknown_parameter");
}

bool fields_known(json_t *tree, const char *const *names, struct api_error *e)
{
	const char *name;
	json_t *value;
	json_object_foreach(tree, name,
		value) if (!fields_is_one_of(name, names)) return refuse_unknown(e, name);
	return true;
}

bool fields_flag(const json_t *tree, const char *name, bool *flag, struct api_error *e)
{
	const json_t *value = json_object_get(tree, name);
	if (!value || json_is_null(value))
		return true;
	*flag = json_is_true(value);
	return json_is_boolean(value) || fields_type(e, name, "a boolean");
}

bool fields_model(struct ask *ask, struct api_error *e)
{
	const json_t *model = json_object_get(ask->tree, "model");
	ask->model = json_string_value(model);
	if (ask->model && strlen(ask->model) == json_string_length(model) && *ask->model)
		return true;
	if (e->voice != VOICE_OPENAI)
		return model ? fields_type(e, "model", "a valid string")
			     : fields_missing(e, "model");
	api_error_say(e, "you must provide a model parameter");
	return fields_refuse(e, "model", NULL);
}

int64_t fields_whole(const json_t *tree, const char *name)
{
	return json_integer_value(json_object_get(tree, name));
}

const char *fields_text(const json_t *tree, const char *name)
{
	return json_string_value(json_object_get(tree, name));
}

bool fields_load(struct ask *ask, struct span body, struct api_error *e)
{
	json_error_t why;
	ask->tree = json_loadb(body.at, body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!ask->tree) {
		api_error_say(e, "We could not parse the JSON body of your request: %s at byte %d.",
			why.text, why.position);
		return fields_refuse(e, NULL, NULL);
	}
	return json_is_object(ask->tree) || fields_type(e, "body", "an object");
}
