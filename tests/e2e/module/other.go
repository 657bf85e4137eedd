package main

// Twice greets twice.
func Twice(name string) string {
	return Greet(name) + ", " + Greet(name)
}
