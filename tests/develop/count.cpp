// Words and how often they are there, by the standard library.
#include <cstdio>
#include <map>
#include <string>

int main()
{
	std::map<std::string, int> words;
	std::string word;

	for (int c = std::getchar(); c != EOF; c = std::getchar()) {
		if (c != ' ' && c != '\n') {
			word += static_cast<char>(c);
		} else if (!word.empty()) {
			words[word]++;
			word.clear();
		}
	}
	for (const auto &entry : words)
		std::printf("%s %d\n", entry.first.c_str(), entry.second);
	return 0;
}
