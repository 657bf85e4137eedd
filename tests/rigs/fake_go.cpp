// Stands in for the go command, of which the bridge only wants to know which one it is: it does
// nothing.
int main() { return 0; }
