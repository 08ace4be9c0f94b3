#include "ingest/jsonshim.h"

#include <simdjson.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/memory.h"
#include "ingest/jsontext.h"

namespace
{

constexpr uint32_t no_node = UINT32_MAX;

struct edge {
    std::string key;
    uint32_t node;
    uint32_t number; /* among all edges */
};

struct node {
    std::vector<edge> edges;
    std::vector<unsigned> slots;
    unsigned expanded = UINT_MAX; /* the last slot whose ways from here are there */
};

/* A key holds at most so many dots before more keys follow it, and a path is divided when it has at most so many. */
constexpr size_t most_dots_of_key = 16, most_dots = 1024;

} // namespace

struct json_paths {
    std::vector<node> nodes{1};                        /* the first is the root */
    std::unordered_map<std::string, uint32_t> node_of; /* by the keys before it, joined by dots */
    uint32_t n_edges = 0;

    /* Whatever keys the front of a path is divided into, what follows is the same: one node for each front. Of a node
     * for each way there would be 2^n of n dots. */
    uint32_t child(uint32_t at, std::string_view front, std::string_view key)
    {
        for (const edge &e : nodes[at].edges)
            if (e.key == key)
                return e.node;
        auto [known, is_new] = node_of.try_emplace(std::string(front), static_cast<uint32_t>(nodes.size()));
        if (is_new)
            nodes.emplace_back();
        nodes[at].edges.push_back({std::string(key), known->second, n_edges++});
        return known->second;
    }

    /* "a.b" is reached by the keys "a" then "b", and by the key "a.b". `from`: where the rest of the path begins. */
    void add(uint32_t at, std::string_view path, size_t from, unsigned slot, bool divided)
    {
        if (nodes[at].expanded == slot)
            return;
        nodes[at].expanded = slot;
        size_t dot = divided ? path.find('.', from) : std::string_view::npos;
        for (size_t n = 0; dot != std::string_view::npos && n < most_dots_of_key; n++, dot = path.find('.', dot + 1))
            if (dot > from && dot + 1 < path.size())
                add(child(at, path.substr(0, dot), path.substr(from, dot - from)), path, dot + 1, slot, true);
        node &leaf = nodes[child(at, path, path.substr(from))];
        if (leaf.slots.empty() || leaf.slots.back() != slot)
            leaf.slots.push_back(slot);
    }

    void add(std::string_view path, unsigned slot)
    {
        auto dots = static_cast<size_t>(std::count(path.begin(), path.end(), '.'));
        add(0, path, 0, slot, dots <= most_dots);
    }
};

namespace
{

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The tokens of a line: simdjson's first stage gives the offset of every bracket, colon, comma and scalar. */
class tokens
{
  public:
    simdjson::error_code scan(const char *line, size_t len)
    {
        if (len > room) {
            size_t want = len < 4096 ? 4096 : len + len / 2;
            while (simdjson::get_active_implementation()->create_dom_parser_implementation(want, 1, stage) !=
                   simdjson::SUCCESS)
                if (!memory_spend())
                    out_of_memory(want);
            room = want;
        }
        text = line;
        end = len;
        next = 0;
        auto error = stage->stage1(reinterpret_cast<const uint8_t *>(line), len, simdjson::stage1_mode::regular);
        n = error ? 0 : stage->n_structural_indexes;
        return error;
    }

    bool done() const
    {
        return next == n;
    }
    char peek() const
    {
        return next < n ? text[stage->structural_indexes[next]] : '\0';
    }
    bool take(char c)
    {
        if (peek() != c || next == n)
            return false;
        next++;
        return true;
    }
    /* The token up to the next one, without the white space between. */
    std::string_view take_scalar()
    {
        size_t from = stage->structural_indexes[next++];
        size_t to = next < n ? stage->structural_indexes[next] : end;
        while (to > from && is_space(text[to - 1]))
            to--;
        return {text + from, to - from};
    }
    const char *here() const
    {
        return text + stage->structural_indexes[next];
    }
    /* Behind the token that was taken last, when that was one byte. */
    const char *behind_last() const
    {
        return text + stage->structural_indexes[next - 1] + 1;
    }

  private:
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
    size_t room = 0;
    const char *text = nullptr;
    size_t end = 0, next = 0, n = 0;
};

/* The text between the quotes of a string token; false when it is none. */
bool string_text(std::string_view token, std::string_view &text, bool &escaped)
{
    if (token.size() < 2 || token.back() != '"')
        return false;
    text = token.substr(1, token.size() - 2);
    escaped = memchr(text.data(), '\\', text.size()) != nullptr;
    return !escaped || jsontext_escapes_ok(text.data(), text.size());
}

} // namespace

struct json_walker {
    explicit json_walker(const json_paths *p) : paths(p), hint(p->nodes.size()), seen(p->n_edges)
    {
    }

    const json_paths *paths;
    tokens line;
    std::vector<uint32_t> hint; /* [node] the edge that followed the last one met: objects repeat their order of keys */
    std::vector<uint64_t> seen; /* [edge] the last object in which its key was met */
    uint64_t objects = 0;
    std::string key_text, path;
    json_value_fn *on_value = nullptr;
    json_path_fn *on_path = nullptr;
    void *context = nullptr;

    /* The node behind this key, no_node when nothing is wanted there or the key is a repeat. */
    uint32_t follow(uint32_t at, std::string_view key, uint64_t object)
    {
        const std::vector<edge> &edges = paths->nodes[at].edges;
        size_t n = edges.size(), first = hint[at];
        for (size_t k = 0; k < n; k++) {
            size_t i = first + k < n ? first + k : first + k - n;
            if (edges[i].key != key)
                continue;
            hint[at] = static_cast<uint32_t>(i + 1 < n ? i + 1 : 0);
            if (seen[edges[i].number] == object)
                return no_node;
            seen[edges[i].number] = object;
            return edges[i].node;
        }
        return no_node;
    }

    void give(uint32_t at, json_value_kind kind, std::string_view text)
    {
        if (at != no_node)
            for (unsigned slot : paths->nodes[at].slots)
                on_value(context, slot, kind, text.data(), text.size());
    }
    void give_path(bool empty)
    {
        if (on_path && !path.empty())
            on_path(context, path.data(), path.size(), empty);
    }

    bool key(std::string_view &text)
    {
        bool escaped;
        if (line.peek() != '"' || !string_text(line.take_scalar(), text, escaped))
            return false;
        if (escaped) {
            key_text.resize(text.size());
            key_text.resize(jsontext_unescape(text.data(), text.size(), key_text.data()));
            text = key_text;
        }
        return line.take(':');
    }

    bool member(uint32_t at, uint64_t object, unsigned depth)
    {
        std::string_view name;
        if (!key(name))
            return false;
        uint32_t to = at == no_node ? no_node : follow(at, name, object);
        if (!on_path)
            return value(to, depth);
        size_t before = path.size();
        if (before)
            path += '.';
        path += name;
        bool ok = value(to, depth);
        path.resize(before);
        return ok;
    }

    bool object(uint32_t at, unsigned depth)
    {
        const char *from = line.here();
        uint64_t number = ++objects;
        line.take('{');
        if (!line.take('}')) {
            do {
                if (!member(at, number, depth))
                    return false;
            } while (line.take(','));
            if (!line.take('}'))
                return false;
        }
        if (at != no_node && !paths->nodes[at].slots.empty())
            give(at, JSON_SOURCE, {from, static_cast<size_t>(line.behind_last() - from)});
        return true;
    }

    bool array(uint32_t at, unsigned depth)
    {
        line.take('[');
        if (line.take(']')) {
            give_path(true);
            return true;
        }
        do {
            if (!value(at, depth))
                return false;
        } while (line.take(','));
        return line.take(']');
    }

    bool scalar(uint32_t at)
    {
        std::string_view token = line.take_scalar(), text;
        bool escaped = false;
        if (token.front() == '"') {
            if (!string_text(token, text, escaped))
                return false;
            give(at, escaped ? JSON_ESCAPED : JSON_TEXT, text);
        } else if (token == "true" || token == "false" || jsontext_is_number(token.data(), token.size())) {
            give(at, JSON_SOURCE, token);
        } else if (token != "null") {
            return false;
        }
        give_path(token == "null");
        return true;
    }

    bool value(uint32_t at, unsigned depth)
    {
        if (line.done() || depth == JSONSHIM_MOST_DEPTH)
            return false;
        switch (line.peek()) {
        case '{':
            return object(at, depth + 1);
        case '[':
            return array(at, depth + 1);
        case '}':
        case ']':
        case ':':
        case ',':
            return false;
        default:
            return scalar(at);
        }
    }

    json_line_result read(const char *text, size_t len)
    {
        auto error = line.scan(text, len);
        if (error == simdjson::UTF8_ERROR)
            return JSON_LINE_NOT_UTF8;
        if (error)
            return JSON_LINE_INVALID;
        bool is_object = line.peek() == '{';
        path.clear();
        if (!value(is_object ? 0 : no_node, 0) || !line.done())
            return JSON_LINE_INVALID;
        return is_object ? JSON_LINE_OBJECT : JSON_LINE_OTHER;
    }
};

namespace
{

/* No exception leaves this file. */
template <typename work> auto with_memory(work w) -> decltype(w())
{
    try {
        return w();
    } catch (const std::bad_alloc &) {
        out_of_memory(0);
    }
}

} // namespace

struct json_paths *json_paths_open(const char *const *path, const size_t *len, size_t n)
{
    return with_memory([=] {
        auto *paths = new json_paths;
        for (size_t i = 0; i < n; i++)
            paths->add({path[i], len[i]}, static_cast<unsigned>(i));
        return paths;
    });
}

void json_paths_close(struct json_paths *paths)
{
    delete paths;
}

struct json_walker *json_walker_open(const struct json_paths *paths)
{
    return with_memory([=] { return new json_walker(paths); });
}

void json_walker_close(struct json_walker *w)
{
    delete w;
}

enum json_line_result json_walker_read(struct json_walker *w, const char *line, size_t len, json_value_fn *value,
                                       void *context)
{
    w->on_value = value;
    w->on_path = nullptr;
    w->context = context;
    return with_memory([=] { return w->read(line, len); });
}

enum json_line_result json_walker_paths(struct json_walker *w, const char *line, size_t len, json_path_fn *path,
                                        void *context)
{
    w->on_value = [](void *, unsigned, json_value_kind, const char *, size_t) {};
    w->on_path = path;
    w->context = context;
    return with_memory([=] { return w->read(line, len); });
}
