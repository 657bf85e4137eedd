package main

import "fmt"

// Greet makes the greeting.
func Greet(name string) string {
	return "hello " + name
}

func main() {
	fmt.Println(Greet("bridge"))
}
