// A proxy before the S3 server that holds every request for a while, as a distant store would, and counts.
//
//	delay-proxy HOST:PORT
//
// Prints the port it listens on. Reads commands from stdin, and ends with it: "delay MS", "traffic" (answered by one
// line of JSON with what came through since it was last asked).
//
// In Go, where bench/proxy.ts is in Node: bodies go from socket to socket in the kernel (splice), so that it takes
// next to nothing of the cores that are measured.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const counted = 1 << 20 // bytes of a body that are passed on between two counts

var (
	target string
	delay  atomic.Int64
	read   atomic.Int64
	mutex  sync.Mutex
	seen   = []string{}
)

type head struct {
	raw    []byte
	first  string
	length int64 // of the body; -1: chunked or until the end, which is passed on line by line
}

// readHead reads a request's or an answer's head, byte for byte as it came.
func readHead(from *bufio.Reader) (head, error) {
	var raw bytes.Buffer
	h := head{}
	for {
		line, err := from.ReadSlice('\n')
		if err != nil {
			return h, err
		}
		raw.Write(line)
		text := strings.TrimRight(string(line), "\r\n")
		if h.first == "" {
			h.first = text
		}
		if text == "" {
			h.raw = raw.Bytes()
			return h, nil
		}
		name, value, _ := strings.Cut(text, ":")
		switch strings.ToLower(name) {
		case "content-length":
			if h.length == 0 {
				h.length, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			}
		case "transfer-encoding":
			h.length = -1
		}
	}
}

// passBody copies a body: what is in the buffer first, the rest without coming through this process.
func passBody(to net.Conn, buffered *bufio.Reader, from net.Conn, length int64, count *atomic.Int64) error {
	if length < 0 {
		return passChunks(to, buffered, count)
	}
	for length > 0 {
		var n int64
		var err error
		if b := int64(buffered.Buffered()); b > 0 {
			n, err = io.CopyN(to, buffered, min(b, length))
		} else {
			n, err = io.CopyN(to, from, min(counted, length))
		}
		count.Add(n)
		length -= n
		if err != nil {
			return err
		}
	}
	return nil
}

func passChunks(to net.Conn, from *bufio.Reader, count *atomic.Int64) error {
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return err
		}
		text, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		size, err := strconv.ParseInt(text, 16, 64)
		if err != nil {
			return err
		}
		if _, err = io.WriteString(to, line); err != nil {
			return err
		}
		n, err := io.CopyN(to, from, size+2)
		count.Add(n)
		if err != nil || size == 0 {
			return err
		}
	}
}

func hasNoBody(method, status string) bool {
	return method == "HEAD" || status == "204" || status == "304"
}

func serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	asks, answers := bufio.NewReaderSize(client, 8192), bufio.NewReaderSize(server, 4096)
	var ignored atomic.Int64
	for {
		request, err := readHead(asks)
		if err != nil {
			return
		}
		words := strings.SplitN(request.first, " ", 3)
		mutex.Lock()
		seen = append(seen, strings.Join(words[:min(2, len(words))], " "))
		mutex.Unlock()
		time.Sleep(time.Duration(delay.Load()) * time.Millisecond)
		if _, err = server.Write(request.raw); err != nil {
			return
		}
		if err = passBody(server, asks, client, request.length, &ignored); err != nil {
			return
		}
		// A client that goes away meanwhile ends the answer by the write that fails.
		answer, err := readHead(answers)
		if err != nil {
			return
		}
		if _, err = client.Write(answer.raw); err != nil {
			return
		}
		parts := strings.SplitN(answer.first, " ", 3)
		if len(parts) > 1 && hasNoBody(words[0], parts[1]) {
			continue
		}
		if err = passBody(client, answers, server, answer.length, &read); err != nil {
			return
		}
	}
}

func main() {
	target = os.Args[1]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			go serve(client)
		}
	}()
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		word, value, _ := strings.Cut(commands.Text(), " ")
		switch word {
		case "delay":
			ms, _ := strconv.Atoi(value)
			delay.Store(int64(ms))
			fmt.Println("{}")
		case "traffic":
			mutex.Lock()
			line, _ := json.Marshal(map[string]any{"requests": seen, "read": read.Swap(0)})
			seen = []string{}
			mutex.Unlock()
			fmt.Println(string(line))
		}
	}
}
