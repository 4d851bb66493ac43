// Words and how often they are there, by the standard library.
#include <iostream>
#include <map>
#include <string>

int main()
{
	std::map<std::string, int> words;
	std::string word;

	while (std::cin >> word)
		words[word]++;
	for (const auto &entry : words)
		std::cout << entry.first << " " << entry.second << "\n";
	return 0;
}
