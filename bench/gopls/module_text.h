// The text of the generated module's files. @N is the package's number, @P that of the package it
// imports; the generator puts the numbers in.
#pragma once

#include <string_view>

namespace bridge::bench {

inline constexpr std::string_view kGoMod = R"go(module example.org/bench

go 1.21
)go";

inline constexpr std::string_view kTypesGo =
    R"go(// Package stock@N keeps the articles of one storehouse.
package stock@N

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Article is what a storehouse has on a shelf.
type Article struct {
	ID      int           `json:"id"`
	Name    string        `json:"name"`
	Labels  []string      `json:"labels,omitempty"`
	Price   Price         `json:"price"`
	Added   time.Time     `json:"added"`
	Expires time.Duration `json:"expires,omitempty"`
}

// Price is an amount in the smallest unit of its currency.
type Price struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Kind says how an article is stored.
type Kind int

const (
	KindDry Kind = iota
	KindCold
	KindFrozen
)

// String gives the kind's name.
func (k Kind) String() string {
	switch k {
	case KindDry:
		return "dry"
	case KindCold:
		return "cold"
	case KindFrozen:
		return "frozen"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// String gives the price as people write it.
func (p Price) String() string {
	return fmt.Sprintf("%d.%02d %s", p.Amount/100, p.Amount%100, strings.ToUpper(p.Currency))
}

// HasLabel tells whether the article carries the label, whatever its case.
func (a *Article) HasLabel(label string) bool {
	for _, each := range a.Labels {
		if strings.EqualFold(each, label) {
			return true
		}
	}
	return false
}

// Kind derives how the article is stored from its labels.
func (a *Article) Kind() Kind {
	switch {
	case a.HasLabel("frozen"):
		return KindFrozen
	case a.HasLabel("cold"):
		return KindCold
	}
	return KindDry
}

// ParseArticle reads one article from JSON.
func ParseArticle(data []byte) (*Article, error) {
	var article Article
	if err := json.Unmarshal(data, &article); err != nil {
		return nil, fmt.Errorf("stock@N: parsing an article: %w", err)
	}
	if article.Name == "" {
		return nil, fmt.Errorf("stock@N: article %d has no name", article.ID)
	}
	return &article, nil
}
)go";

inline constexpr std::string_view kStoreGo = R"go(package stock@N

import (
	"context"
	"errors"
	"sort"
	"sync"
	"time"
@IMPORT)

// ErrMissing says that there is no such article.
var ErrMissing = errors.New("stock@N: no such article")

// Store keeps articles in memory. It is safe for use by several goroutines.
type Store struct {
	mu       sync.RWMutex
	articles map[int]*Article
	changed  time.Time
	watchers []func(*Article)
}

// Reader is the part of a store that looks things up.
type Reader interface {
	Find(ctx context.Context, id int) (*Article, error)
	List(ctx context.Context, filter func(*Article) bool) ([]*Article, error)
}

var _ Reader = (*Store)(nil)

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{articles: make(map[int]*Article), changed: time.Now()}
}

// Put adds an article or replaces it, and tells the watchers.
func (s *Store) Put(ctx context.Context, article *Article) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	s.articles[article.ID] = article
	s.changed = time.Now()
	watchers := append([]func(*Article){}, s.watchers...)
	s.mu.Unlock()
	for _, watch := range watchers {
		watch(article)
	}
	return nil
}

// Find looks an article up by its id.
func (s *Store) Find(ctx context.Context, id int) (*Article, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if article, ok := s.articles[id]; ok {
		return article, nil
	}
	return nil, ErrMissing
}

// List gives the articles that the filter lets through, ordered by name.
func (s *Store) List(ctx context.Context, filter func(*Article) bool) ([]*Article, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*Article
	for _, article := range s.articles {
		if filter == nil || filter(article) {
			found = append(found, article)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found, nil
}

// Watch calls the function for each article that is put from now on.
func (s *Store) Watch(watch func(*Article)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, watch)
}
@EXTRA)go";

// Where another package is imported.
inline constexpr std::string_view kStoreImport = R"go(
	"example.org/bench/stock@P"
)go";
inline constexpr std::string_view kStoreExtra = R"go(
// TakeFrom copies the cold articles of the storehouse before this one.
func (s *Store) TakeFrom(ctx context.Context, other stock@P.Reader) (int, error) {
	list, err := other.List(ctx, func(a *stock@P.Article) bool { return a.Kind() == stock@P.KindCold })
	if err != nil {
		return 0, err
	}
	for _, each := range list {
		price := Price{Amount: each.Price.Amount, Currency: each.Price.Currency}
		if err := s.Put(ctx, &Article{ID: each.ID, Name: each.Name, Labels: each.Labels, Price: price}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
)go";

inline constexpr std::string_view kHandlerGo = R"go(package stock@N

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
)

// Handler serves a store over HTTP: GET /ID and PUT /ID.
type Handler struct {
	Store *Store
	Log   *log.Logger
}

// NewHandler makes a handler that logs to the writer.
func NewHandler(store *Store, out io.Writer) *Handler {
	return &Handler{Store: store, Log: log.New(out, "stock@N ", log.LstdFlags)}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.Error(w, "not a number", http.StatusBadRequest)
		return
	}
	switch r.Method {
	case http.MethodGet:
		h.get(w, r, id)
	case http.MethodPut:
		h.put(w, r, id)
	default:
		w.Header().Set("Allow", "GET, PUT")
		http.Error(w, "not allowed", http.StatusMethodNotAllowed)
	}
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request, id int) {
	article, err := h.Store.Find(r.Context(), id)
	if errors.Is(err, ErrMissing) {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(article); err != nil {
		h.Log.Printf("answering %s: %v", r.URL.Path, err)
	}
}

func (h *Handler) put(w http.ResponseWriter, r *http.Request, id int) {
	data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	article, err := ParseArticle(data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	article.ID = id
	if err := h.Store.Put(r.Context(), article); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h.Log.Printf("put %d, %s", id, article.Kind())
	w.WriteHeader(http.StatusNoContent)
}
)go";

inline constexpr std::string_view kMainGo = R"go(package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"

@IMPORTS)

// Greeting makes the line that is printed at the start.
func Greeting(address string) string {
	return fmt.Sprintf("listening on %s", address)
}

func main() {
	address := flag.String("listen", "localhost:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	mux := http.NewServeMux()
@HANDLERS
	server := &http.Server{Addr: *address, Handler: mux}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	fmt.Println(Greeting(*address))
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
)go";

}  // namespace bridge::bench
